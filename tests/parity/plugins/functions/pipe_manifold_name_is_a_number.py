class Pipe:
    name = 3
    pipes = [{"id": "a", "name": "A"}]
