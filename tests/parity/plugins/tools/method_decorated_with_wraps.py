import functools


def wrapped(function):
    @functools.wraps(function)
    async def inner(*args, **kwargs):
        return await function(*args, **kwargs)

    return inner


class Tools:
    @wrapped
    async def f(self, a: int):
        """Wrapped.
        :param a: the a
        """
