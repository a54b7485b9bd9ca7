from pydantic import BaseModel


class Leaf(BaseModel):
    a: int = 1


class Tools:
    def run(self):
        return Leaf()
