class Filter:
    def inlet(self, body):
        return [type(body).__name__]
