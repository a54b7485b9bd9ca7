class Counted:
    def __init__(self, function):
        self.function = function

    def __call__(self, *args, **kwargs):
        return self.function(*args, **kwargs)


class Tools:
    @Counted
    def f(self, a: int):
        """Do it."""

    def g(self): ...
