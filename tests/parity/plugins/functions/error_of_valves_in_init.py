from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        api_key: str

    def __init__(self):
        self.valves = self.Valves()
