class Tools:
    def run(self, a: float):
        return repr(a)
