class Tools:
    @classmethod
    def run(cls, a: int):
        return repr(a)
