from  config import something


class Tools:
    pass
