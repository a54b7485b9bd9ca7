from typing import Optional

from pydantic import BaseModel


class Node(BaseModel):
    value: int
    next: Optional["Node"] = None


class Tools:
    def f(self, a: Node): ...
