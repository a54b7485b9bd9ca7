class Tools:
    def f(self, a: int):
        """First.

            Indented.
        Last.

      :param a: one
        """
