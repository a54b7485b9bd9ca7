from pydantic import BaseModel


class Valves(BaseModel):
    n: int = 1


class Filter:
    def __init__(self):
        self.valves = Valves()
