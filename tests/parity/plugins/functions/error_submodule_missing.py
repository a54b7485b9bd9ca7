import os.nowhere


class Filter:
    pass
