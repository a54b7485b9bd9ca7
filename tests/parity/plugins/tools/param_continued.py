class Tools:
    def f(self, a: int, b: int, c: int):
        """D.

        :param a: one
            and more

        after blank
        :return: x
        not this
        :param b:
          below
        :param int c: typed
        """
