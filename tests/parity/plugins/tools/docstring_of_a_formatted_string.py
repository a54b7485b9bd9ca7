class Tools:
    def f(self, a: int):
        f"""Not a docstring for {Tools}."""

    def g(self, a: int):
        """Joined """ """from two."""
