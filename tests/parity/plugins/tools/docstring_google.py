class Tools:
    def f(self, a: int):
        """D.

        Args:
            a: the a

        Returns:
            it
        """
