from pydantic import BaseModel


class Titled(BaseModel):
    model_config = {"title": "A title of its own", "extra": "forbid"}
    properties: dict = {"title": "kept or not"}


class Tools:
    def f(self, a: Titled): ...
