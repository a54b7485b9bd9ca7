from utils_of_mine import something


class Filter:
    pass
