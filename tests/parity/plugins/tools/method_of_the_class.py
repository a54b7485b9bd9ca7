class Tools:
    @classmethod
    def f(cls, a: int):
        """Class."""
