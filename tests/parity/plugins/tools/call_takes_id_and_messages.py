class Tools:
    def run(self, __id__=None, __messages__=None):
        return repr((__id__, __messages__))
