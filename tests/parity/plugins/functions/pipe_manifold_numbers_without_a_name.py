class Pipe:
    pipes = [{"id": 1, "name": 2}]
