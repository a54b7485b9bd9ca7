class Pipe:
    def pipe(self, body):
        return {"a": 1}
