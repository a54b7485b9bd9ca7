class Tools:
    def run(self, a: str):
        return repr(a)
