import asyncio
async def f(): ...
c = f()
try:
    asyncio.run(c)
finally:
    c.close()
