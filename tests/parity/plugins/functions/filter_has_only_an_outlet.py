class Filter:
    def outlet(self, body):
        return 1
