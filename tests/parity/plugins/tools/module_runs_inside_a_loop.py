import asyncio

LOOP = asyncio.get_running_loop()
TASK = LOOP.create_task(asyncio.sleep(0))


class Tools:
    pass
