class Pipe:
    name = ""
    pipes = [{"id": 1, "name": 2}]
