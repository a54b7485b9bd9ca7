from multiprocessing import Pipe
class Filter:
    pass
