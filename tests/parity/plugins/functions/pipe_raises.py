class Pipe:
    def pipe(self, body):
        raise ValueError("no key")
