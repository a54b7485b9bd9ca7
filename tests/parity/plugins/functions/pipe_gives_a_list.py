class Pipe:
    def pipe(self, body):
        return ["a", "b"]
