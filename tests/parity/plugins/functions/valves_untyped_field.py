from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        limit = 3
