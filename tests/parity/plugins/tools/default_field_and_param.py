from pydantic import Field


class Tools:
    def f(self, a: int = Field(3, description="field")):
        """D.
        :param a: doc
        """
