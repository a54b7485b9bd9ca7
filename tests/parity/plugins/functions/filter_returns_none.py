class Filter:
    def inlet(self, body):
        body["x"] = 1
