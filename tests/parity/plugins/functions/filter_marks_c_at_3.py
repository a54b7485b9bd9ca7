from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        priority: int = 3
        word: str = "c"

    def __init__(self):
        self.valves = self.Valves()

    def inlet(self, body):
        body["trace"].append(self.valves.word)
        return body
