import functools


def add(word, body):
    return {**body, "word": word}


class Filter:
    def __init__(self):
        self.inlet = functools.partial(add, "x")
        self.outlet = lambda body, __user__=None: body
