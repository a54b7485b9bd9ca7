from typing import Annotated, Literal, Union

from pydantic import BaseModel, Field


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]


class Tools:
    def f(self, a: Annotated[Union[Cat, Dog], Field(discriminator="kind")]): ...
