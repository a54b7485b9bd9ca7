class Tools:
    def f(self, a: int):
        """D.\x0c:param a: one\x0bmore
        :param a: two\x85three
        """
