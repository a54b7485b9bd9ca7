class Pipe:
    def pipe(self, body, **rest):
        return repr(sorted(rest))
