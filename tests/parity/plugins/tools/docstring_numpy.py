class Tools:
    def f(self, a: int):
        """Do it.

        Parameters
        ----------
        a : int
            the a
        """
