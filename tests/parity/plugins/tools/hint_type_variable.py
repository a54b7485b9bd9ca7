from typing import TypeVar


class Tools:
    def f(self, a: TypeVar("T")): ...
