from typing import Dict, Optional

from pydantic import BaseModel, Field


class Leaf(BaseModel):
    """A leaf of a tree."""

    a: int = Field(1, description="the a")
    b: Optional[str] = None
    title: str = "named title"


class Tools:
    def f(self, a: Dict[str, Leaf]): ...
