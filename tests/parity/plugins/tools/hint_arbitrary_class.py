class Plain:
    pass


class Tools:
    def f(self, a: Plain): ...
