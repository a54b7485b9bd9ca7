from typing import Literal


class Tools:
    def f(self, a: Literal["x", "y"] = "x"): ...
