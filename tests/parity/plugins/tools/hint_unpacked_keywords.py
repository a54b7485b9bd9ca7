from typing_extensions import TypedDict, Unpack


class Options(TypedDict):
    size: int


class Tools:
    def f(self, **options: Unpack[Options]): ...
