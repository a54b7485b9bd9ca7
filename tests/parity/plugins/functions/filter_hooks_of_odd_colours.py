import functools


def logged(function):
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    return inner


def wrapped(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    return inner


class Filter:
    @logged
    async def inlet(self, body, __user__):
        return body

    @wrapped
    async def outlet(self, body, __user__):
        return body

    async def stream(self, event):
        yield event

    request = None
