class Tools:
    async def run(self):
        return "x"
