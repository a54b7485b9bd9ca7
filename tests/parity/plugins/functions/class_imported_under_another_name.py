from multiprocessing import Pipe as Connection


class Filter:
    pass
