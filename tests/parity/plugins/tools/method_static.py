class Tools:
    class Hidden:
        pass

    @staticmethod
    def f(a: int):
        """Static."""
