class Filter:
    def inlet(self, body):
        print("no end)
        return body
