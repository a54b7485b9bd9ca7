class Pipe:
    async def pipe(self, body):
        raise ValueError("no key")
