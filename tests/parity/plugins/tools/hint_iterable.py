from typing import Iterable


class Tools:
    def f(self, a: Iterable[int]): ...
