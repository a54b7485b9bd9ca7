class Tools:
    def f(self, a: int):
        """Use :param a: one
        x:param a: two
        """
