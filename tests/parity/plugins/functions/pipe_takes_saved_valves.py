from pydantic import BaseModel


class Pipe:
    class Valves(BaseModel):
        word: str = "class"
        n: int = 1

    def __init__(self):
        self.valves = self.Valves()

    def pipe(self, body):
        return f"{self.valves.word} {self.valves.n}"
