class Filter:
    n = 0

    def inlet(self, body):
        self.n += 1
        return {"n": self.n}
