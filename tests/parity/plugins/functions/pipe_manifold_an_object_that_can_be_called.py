class Models:
    async def __call__(self):
        return [{"id": "a", "name": "A"}]


class Pipe:
    pipes = Models()
