class Tools:
    async def f(self, a: int):
        """Do it."""
