class Pipe:
    def pipe(self, form):
        return "x"
