class Plain:
    pass


class Tools:
    def f(self, a: int, __plain__: Plain = None, _also: Plain = None): ...
