def unwrapped(function):
    async def inner(*args, **kwargs):
        return await function(*args, **kwargs)

    return inner


class Tools:
    @unwrapped
    async def f(self, a: int):
        """Lost."""
