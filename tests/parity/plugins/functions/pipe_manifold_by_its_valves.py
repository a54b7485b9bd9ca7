from pydantic import BaseModel


class Pipe:
    class Valves(BaseModel):
        models: str = "a,b"

    def __init__(self):
        self.valves = self.Valves()

    def pipes(self):
        return [{"id": each, "name": each} for each in self.valves.models.split(",")]
