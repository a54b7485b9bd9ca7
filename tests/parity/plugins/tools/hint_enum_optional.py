import enum
from typing import Optional


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Tools:
    def f(self, a: Optional[Colour] = None):
        """D.
        :param a: the colour
        """
