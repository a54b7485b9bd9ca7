class Pipe:
    def pipe(self, body):
        yield ""
        yield "b"
