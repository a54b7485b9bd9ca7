from pydantic.v1 import BaseModel, Field


class Filter:
    class Valves(BaseModel):
        n: int = Field(1, description="a number")
