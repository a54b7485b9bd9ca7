class Pipe:
    def pipes(self):
        return self.fetch()

    async def fetch(self):
        return [{"id": "a", "name": "A"}]
