class Pipe:
    async def pipes(self):
        yield {"id": "a", "name": "A"}
