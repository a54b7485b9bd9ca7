class Filter:
    priority = 5

    def __init__(self):
        self.priority = 7
