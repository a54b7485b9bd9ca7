class Tools:
    def run(self, a: int):
        return repr(a)
