from pydantic import BaseModel


class Model(BaseModel):
    id: str
    name: str


class Pipe:
    pipes = [Model(id="a", name="A")]
