from typing import Literal


class Tools:
    def run(self, a: Literal["x", "y"] = "x"):
        return repr(a)
