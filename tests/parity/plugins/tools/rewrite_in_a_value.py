from pydantic import BaseModel


class Tools:
    class Valves(BaseModel):
        """Everything from config."""

        query: str = "select name from main.users"

    def __init__(self):
        self.valves = self.Valves()
