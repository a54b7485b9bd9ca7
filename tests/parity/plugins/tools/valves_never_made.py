from pydantic import BaseModel


class Tools:
    class Valves(BaseModel):
        n: int = 1

    def f(self): ...
