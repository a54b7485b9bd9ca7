class Tools:
    def f(self, a: int):
        """D.
        :param a: one
        :param a: two
        """
