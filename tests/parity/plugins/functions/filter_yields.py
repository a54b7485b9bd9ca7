class Filter:
    def inlet(self, body):
        yield body
