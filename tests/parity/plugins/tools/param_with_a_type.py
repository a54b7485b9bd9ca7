class Tools:
    def f(self, a: int, b: str):
        """Do it.

        :param int a: the a
        :param b : the b
        """
