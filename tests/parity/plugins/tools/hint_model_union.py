from typing import Optional

from pydantic import BaseModel, Field


class Leaf(BaseModel):
    """A leaf of a tree."""

    a: int = Field(1, description="the a")
    b: Optional[str] = None
    title: str = "named title"


class Titled(BaseModel):
    model_config = {"title": "A title of its own", "extra": "forbid"}
    properties: dict = {"title": "kept or not"}


class Tools:
    def f(self, a: Leaf | Titled): ...
