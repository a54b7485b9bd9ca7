class Pipe:
    async def pipes(self):
        return ({"id": each, "name": each.upper()} for each in "ab")
