class Tools:
    def run(self, a: list[str]):
        return repr(a)
