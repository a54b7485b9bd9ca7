class Filter:
    def inlet(self, body):
        print body
        return body
