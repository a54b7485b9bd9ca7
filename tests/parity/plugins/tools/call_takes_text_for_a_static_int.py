class Tools:
    @staticmethod
    def run(a: int):
        return repr(a)
