from typing_extensions import NotRequired, TypedDict


class Options(TypedDict, total=False):
    """How to do it."""

    size: int
    name: NotRequired[str]


class Tools:
    def f(self, a: Options = {}): ...
