class Pipe:
    @property
    def pipes(self):
        return [{"id": "a", "name": "A"}]

    @property
    def name(self):
        return "Property/"
