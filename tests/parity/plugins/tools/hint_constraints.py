from typing import Annotated, Optional

from pydantic import Field


class Tools:
    def f(
        self,
        a: Annotated[int, Field(ge=1, le=10)] = 5,
        b: Annotated[Optional[str], Field(max_length=5, description="inside")] = None,
        c: Optional[Annotated[str, Field(pattern="^x")]] = None,
        d: Annotated[list[int], Field(min_length=1)] = [1],
    ):
        """Do it.

        :param b: from the docstring
        """
