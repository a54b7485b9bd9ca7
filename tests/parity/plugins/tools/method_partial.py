import functools


class Tools:
    def __init__(self):
        self.p = functools.partial(int, base=2)
