from typing import NewType


class Tools:
    def f(self, a: NewType("Id", str)): ...
