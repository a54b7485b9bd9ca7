from pydantic import BaseModel


class Cat:
    class Options(BaseModel):
        a: int


class Dog:
    class Options(BaseModel):
        b: str


class Tools:
    def f(self, a: Cat.Options, b: Dog.Options): ...
