from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        schema: str = "public"
        json: bool = True
