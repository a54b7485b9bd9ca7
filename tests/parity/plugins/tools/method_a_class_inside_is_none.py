class Tools:
    class Helper:
        pass

    Error = ValueError

    def f(self): ...
