import inspect


class Tools:
    def f(self): ...


SOURCE = inspect.getsource(Tools)
