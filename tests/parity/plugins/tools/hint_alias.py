from typing import Union

Number = Union[int, float]
Numbers = list[Number]


class Tools:
    def f(self, a: Number, b: Numbers = []): ...
