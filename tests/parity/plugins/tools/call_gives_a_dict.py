class Tools:
    def run(self):
        return {"a": "ü", "b": [1, None]}
