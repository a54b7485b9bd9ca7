class Filter:
    def inlet(self, body, **rest):
        return sorted(rest)
