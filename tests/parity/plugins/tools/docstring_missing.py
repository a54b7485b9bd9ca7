class Tools:
    def f(self, a: int):
        pass
