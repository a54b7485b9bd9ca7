class Filter:
    def stream(self, body):
        return body
