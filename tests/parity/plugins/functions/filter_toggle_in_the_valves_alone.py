from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        toggle: bool = True
