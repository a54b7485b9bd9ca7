class Filter:
    def outlet(self, body):
        raise KeyError("x")
