import enum
from typing import Optional

from pydantic import BaseModel, Field


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Leaf(BaseModel):
    """A leaf of a tree."""

    a: int = Field(1, description="the a")
    b: Optional[str] = None
    title: str = "named title"


class Tree(BaseModel):
    leaf: Leaf
    leaves: list[Leaf] = []
    colour: Colour = Colour.RED


class Tools:
    def f(self, a: Tree, b: list[Tree]): ...
