from typing_extensions import TypedDict


class Typed(TypedDict):
    name: str
    size: int


class Tools:
    def f(self, a: Typed, b: list[Typed] = []): ...
