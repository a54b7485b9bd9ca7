from typing import Optional

from pydantic import BaseModel


class Deep(BaseModel):
    note: Optional[str] = None
    more: Optional[list[Optional[int]]] = None


class Tools:
    def f(self, a: Deep = None, b: list[Deep] = None, c: dict[str, Deep] = None): ...
