from typing import Annotated

from pydantic import Field


class Tools:
    def f(self, a: Annotated[int, Field(ge=1, description="inner")] = 3): ...
