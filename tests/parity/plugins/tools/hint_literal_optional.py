from typing import Literal, Optional


class Tools:
    def f(self, a: Optional[Literal["x", "y"]] = None): ...
