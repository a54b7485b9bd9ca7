class Pipe:
    def pipes(self):
        yield {"id": "a", "name": "A"}
        yield {"id": "b", "name": "B"}
