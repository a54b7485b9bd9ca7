class Pipe:
    pipes = {"a": "A"}
