class Filter:
    def stream(self, event, __body__=None):
        return {**event, "b": __body__}
