class Filter:
    async def inlet(self, body):
        return {**body, "x": 1}
