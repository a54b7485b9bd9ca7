class Tools:
    def run(self):
        return ["a", 1]
