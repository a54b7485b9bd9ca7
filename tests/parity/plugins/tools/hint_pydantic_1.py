from pydantic.v1 import BaseModel


class Place(BaseModel):
    city: str


class Tools:
    def f(self, a: Place): ...
