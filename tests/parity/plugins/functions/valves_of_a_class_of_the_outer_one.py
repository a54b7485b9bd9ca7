from pydantic import BaseModel


class Filter:
    class Place(BaseModel):
        city: str = "Oslo"

    class Valves(BaseModel):
        place: "Place" = None
