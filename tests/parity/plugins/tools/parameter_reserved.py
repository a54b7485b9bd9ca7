from typing import Callable


class Tools:
    def f(self, a: int, __user__: dict = {}, __event_emitter__: Callable = None): ...
