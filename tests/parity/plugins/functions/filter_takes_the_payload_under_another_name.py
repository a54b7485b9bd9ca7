class Filter:
    def inlet(self, payload):
        return payload
