class Tools:
    def f(self, a: int):
        """Do it.

        :param b: there is no b
        :param a:
        """
