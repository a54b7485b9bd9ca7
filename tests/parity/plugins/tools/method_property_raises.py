class Tools:
    @property
    def f(self):
        raise RuntimeError("no")
