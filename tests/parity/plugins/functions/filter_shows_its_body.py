class Filter:
    def inlet(self, body):
        return repr(body)
