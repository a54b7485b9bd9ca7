from typing import Optional


class Tools:
    def f(self, a: Optional[str] = None):
        """D.

        :param a: the a
        """
