class Tools:
    def f(self, a: int):
        """Do it."""
