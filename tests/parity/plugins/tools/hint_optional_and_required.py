from typing import Optional


class Tools:
    def f(self, a: Optional[str]): ...
