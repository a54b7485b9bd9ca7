from pydantic import Field


class Tools:
    def f(self, a: int = Field(1, alias="A"), b: str = "x", c: int = Field(..., exclude=True)):
        """Do it.

        :param a: the a
        """
