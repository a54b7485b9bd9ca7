from typing import Any


class Tools:
    def f(self, a: Any = print): ...
