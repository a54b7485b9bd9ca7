from . import neighbour


class Tools:
    pass
