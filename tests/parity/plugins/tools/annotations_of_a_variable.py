number: 1 / 0 = 3


class Tools:
    size: nowhere = 3

    def f(self): ...
