class Pipe:
    async def pipe(self, body):
        return "x"
