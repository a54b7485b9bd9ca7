class _Made:
    def pipe(self, body):
        return "made"


def __getattr__(name):
    if name == "Pipe":
        return _Made
    raise AttributeError(name)


class Filter:
    pass
