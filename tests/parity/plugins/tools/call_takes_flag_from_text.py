class Tools:
    def run(self, a: bool):
        return repr(a)
