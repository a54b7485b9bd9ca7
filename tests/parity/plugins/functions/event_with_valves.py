from pydantic import BaseModel


class Event:
    class Valves(BaseModel):
        webhook: str = ""

    def __init__(self):
        self.valves = self.Valves()

    def event(self, event): ...
