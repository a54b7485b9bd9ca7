class Tools:
    def __init__(self):
        self.fmt = lambda x, y=1: x
