from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        priority: float = 1.75
