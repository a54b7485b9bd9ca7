class Tools:
    def run(self):
        return ("a", "b")
