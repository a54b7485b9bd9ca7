class Tools:
    def run(self, a: int | str | None = None):
        return repr(a)
