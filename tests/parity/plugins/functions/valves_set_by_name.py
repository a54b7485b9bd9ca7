from pydantic import BaseModel


class Valves(BaseModel):
    n: int = 1


class Filter:
    Valves = Valves

    def __init__(self):
        self.valves = self.Valves()
