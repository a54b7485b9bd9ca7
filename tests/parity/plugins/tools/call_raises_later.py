class Tools:
    async def run(self):
        raise RuntimeError("later")
