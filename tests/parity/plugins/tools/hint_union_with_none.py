from typing import Union


class Tools:
    def f(self, a: Union[int, str, None] = None): ...
