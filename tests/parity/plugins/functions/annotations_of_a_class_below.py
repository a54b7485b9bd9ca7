class Filter:
    def inlet(self, body: "Body") -> Below:
        return body


class Below:
    pass
