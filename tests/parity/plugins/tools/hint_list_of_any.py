from typing import Any, List


class Tools:
    def f(self, a: List[Any] = None): ...
