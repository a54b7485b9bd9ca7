Pipe = None


class Filter:
    pass
