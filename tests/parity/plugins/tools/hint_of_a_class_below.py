from typing import Optional

from pydantic import BaseModel


class Tools:
    def f(self, a: Optional[Place] = None): ...


class Place(BaseModel):
    city: str
