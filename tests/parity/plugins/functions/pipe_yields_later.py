class Pipe:
    async def pipe(self, body):
        yield "a"
        yield "b"
