class Pipe:
    def pipes(self):
        yield {"id": "a", "name": "A"}
        raise ConnectionError("the provider went away")
