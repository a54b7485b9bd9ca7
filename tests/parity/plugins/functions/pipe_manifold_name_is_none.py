class Pipe:
    name = None
    pipes = [{"id": "a", "name": "A"}]
