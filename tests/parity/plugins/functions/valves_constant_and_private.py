from typing import ClassVar

from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        LIMIT: ClassVar[int] = 3
        _private: int = 1
        n: int = 1
