class Pipe:
    def pipe(self, body):
        yield "a"
        yield "b"
