class Pipe:
    pipes = [{"id": "a", "name": "A"}, {"id": "b"}, {"id": "c", "name": "C"}]
