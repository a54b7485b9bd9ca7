class Filter:
    toggle = True

    def inlet(self, body):
        body["trace"].append("ran")
        return body
