class Tools:
    __slots__ = ("client",)

    def f(self): ...
