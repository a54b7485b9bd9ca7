"""
title: Weather
version: 1.0
"""


class Tools:
    def f(self, a: int):
        """Do it.

        :param a: the a
        """
