class Tools:
    """Does many things."""

    def f(self, a: int): ...
