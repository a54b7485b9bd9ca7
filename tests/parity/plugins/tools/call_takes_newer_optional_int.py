class Tools:
    def run(self, a: int | None = None):
        return repr(a)
