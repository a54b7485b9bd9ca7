class Tools:
    def f(self, a: int): ...

    f.__doc__ = "Told later.\n:param a: the a"
