from typing import Annotated


class Tools:
    def f(self, a: Annotated[str, "a note"]): ...
