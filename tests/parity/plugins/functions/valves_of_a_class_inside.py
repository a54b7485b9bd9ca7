from typing import Optional

from pydantic import BaseModel


class Filter:
    class Place(BaseModel):
        city: str = "Oslo"

    class Valves(BaseModel):
        class Inner(BaseModel):
            n: int = 1

        inner: Inner = Inner()
        maybe: Optional[Inner] = None
