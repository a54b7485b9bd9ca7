class _Tools:
    def f(self): ...


Tools = _Tools()
