class Callable:
    """Look like a function."""

    def __call__(self, a: int): ...


class Tools:
    helper = Callable()
