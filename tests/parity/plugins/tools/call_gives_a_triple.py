class Tools:
    def run(self):
        return ({"a": 1}, 2, 3)
