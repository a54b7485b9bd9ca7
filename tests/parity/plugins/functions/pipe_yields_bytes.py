class Pipe:
    def pipe(self, body):
        yield b"raw"
        yield b"data: x"
