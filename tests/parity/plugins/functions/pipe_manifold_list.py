class Pipe:
    def __init__(self):
        self.type = "manifold"
        self.id = "not_looked_at"
        self.name = "Maker: "
        self.pipes = [{"id": "small", "name": "Small"}, {"id": "v1.5/large", "name": "Large"}]

    def pipe(self, body): ...
