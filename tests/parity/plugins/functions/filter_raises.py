class Filter:
    def inlet(self, body):
        raise ValueError("no")
