from pydantic import conint


class Tools:
    def f(self, a: conint(ge=1, le=5)): ...
