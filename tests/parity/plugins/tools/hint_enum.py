import enum


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Tools:
    def f(self, a: Colour, b: Colour = Colour.BLUE):
        """D.
        :param a: the colour
        """
