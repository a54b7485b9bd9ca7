from pydantic import AnyUrl, HttpUrl, Json, NonNegativeFloat, PositiveInt, StrictStr


class Tools:
    def f(self, a: PositiveInt, b: NonNegativeFloat, c: HttpUrl, d: AnyUrl, e: StrictStr, g: Json): ...
