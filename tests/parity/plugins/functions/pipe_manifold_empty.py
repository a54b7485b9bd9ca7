class Pipe:
    pipes = []

    def pipe(self, body): ...
