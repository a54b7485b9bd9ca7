class Filter:
    def stream(self, event):
        return {**event, "x": 1}
