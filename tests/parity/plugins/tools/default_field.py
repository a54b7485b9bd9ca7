from pydantic import Field


class Tools:
    def f(self, a: int = Field(3, description="from field", ge=0), b: str = Field(...)): ...
