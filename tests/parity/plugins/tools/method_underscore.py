class Tools:
    def _f(self, a: int):
        """Private."""

    def g(self): ...
