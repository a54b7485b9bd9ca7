class Tools:
    def run(self, a: int = 1):
        return repr(a)
