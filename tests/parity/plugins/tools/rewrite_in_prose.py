class Tools:
    def f(self, a: int):
        """Take it from utils to from main, from apps and from config.

        :param a: a number from configuration
        """
