from typing import Mapping, Sequence


class Tools:
    def f(self, a: Sequence[str], b: Mapping[str, int] = {}): ...
