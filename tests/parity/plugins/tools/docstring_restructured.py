class Tools:
    def f(self, a: int, b: str = "x") -> str:
        """
        Add it up.

        Over more than one line.

        :param a: the first
        :type a: int
        :param b: the second
        :raises ValueError: never
        :return: the sum
        """
