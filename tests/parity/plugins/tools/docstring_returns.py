class Tools:
    def f(self, a: int):
        """D.
        :returns: it
        :param a: after
        """
