from typing import ClassVar


class Tools:
    def f(self, a: int, b: ClassVar[int] = 3): ...
