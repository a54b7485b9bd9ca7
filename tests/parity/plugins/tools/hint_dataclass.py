from dataclasses import dataclass


@dataclass
class Point:
    x: int
    y: float = 0.5


class Tools:
    def f(self, a: Point): ...
