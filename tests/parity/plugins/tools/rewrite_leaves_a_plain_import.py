import utils


class Tools:
    pass
