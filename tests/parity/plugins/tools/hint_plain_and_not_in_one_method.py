from typing import Optional

from pydantic import BaseModel


class Place(BaseModel):
    city: str


class Tools:
    def f(self, a: str, place: Place, b: list[str], other: Optional[Place] = None, c: Optional[int] = 3, d=None):
        """Do it.

        :param place: where
        :param b: what
        """
