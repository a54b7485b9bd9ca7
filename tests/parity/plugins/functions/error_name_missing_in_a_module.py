from os import nowhere


class Filter:
    pass
