class Filter:
    def inlet(self, body):
        return None
