class Tools:
    def f(self): ...


del Tools
