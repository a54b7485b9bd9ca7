from __future__ import annotations
from pydantic import BaseModel


class First(BaseModel):
    second: Second


class Second(BaseModel):
    n: int


class Tools:
    def f(self, a: First): ...
