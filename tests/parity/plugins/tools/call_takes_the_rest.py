class Tools:
    def run(self, **rest):
        return repr(sorted(rest))
