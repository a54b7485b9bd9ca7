class Tools:
    def run(self, a):
        return repr(a)
