def make():
    class Local:
        pass

    class Tools:
        def f(self, a: int, __local__: Local = None): ...

    return Tools


Tools = make()
