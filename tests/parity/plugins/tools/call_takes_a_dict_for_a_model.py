from pydantic import BaseModel


class Leaf(BaseModel):
    a: int = 1


class Tools:
    def run(self, leaf: Leaf):
        return repr(leaf)
