from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        priority: int = -1
