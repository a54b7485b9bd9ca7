class Tools:
    def run(self, a: int = 1, __id__=None):
        return repr((a, __id__))
