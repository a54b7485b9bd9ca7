class Tools:
    def a(self): ...

    def b(self): ...

    def __dir__(self):
        return ["b", "a", "b"]
