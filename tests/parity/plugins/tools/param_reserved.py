class Tools:
    def f(self, a: int, __user__: dict):
        """:param __user__: who
        x
        :param a: y"""
