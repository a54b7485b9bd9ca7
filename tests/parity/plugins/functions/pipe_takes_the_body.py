class Pipe:
    def pipe(self, body):
        return body["model"] + repr(sorted(body))
