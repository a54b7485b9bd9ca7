from typing import List


class Tools:
    def f(self, a: List): ...
