from typing import Callable


class Tools:
    def f(self, a: Callable[[int], str]): ...
