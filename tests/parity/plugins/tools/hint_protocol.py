from typing import Protocol


class Sized(Protocol):
    def size(self) -> int: ...


class Tools:
    def f(self, a: Sized): ...
