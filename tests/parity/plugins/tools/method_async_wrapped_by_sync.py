import functools


def logged(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    return inner


class Tools:
    @logged
    async def f(self, a: int, __user__: dict = {}):
        """Do it."""
