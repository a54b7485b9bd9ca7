class Filter:
    def __init__(self):
        self.x = undefined
