class Tools:
    def f(self, a: int):
        """:param a: only"""
