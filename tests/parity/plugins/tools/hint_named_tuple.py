from typing import NamedTuple


class Place(NamedTuple):
    city: str
    country: str = "NO"


class Tools:
    def f(self, a: Place): ...
