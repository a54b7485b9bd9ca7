from typing import Optional

from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        priority: Optional[int] = None
