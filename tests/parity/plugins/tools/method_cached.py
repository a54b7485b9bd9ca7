import functools


class Tools:
    @functools.lru_cache
    def f(self, a: int):
        """Do it.

        :param a: the a
        """

    @functools.cached_property
    def size(self):
        return 3
