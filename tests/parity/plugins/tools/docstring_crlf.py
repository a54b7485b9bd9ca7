class Tools:
    def f(self, a: int):
        """D.\r\n\r\n    :param a: one\r\n    more\r\n    """
