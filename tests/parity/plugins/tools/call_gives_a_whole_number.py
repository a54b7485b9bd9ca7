class Tools:
    def run(self):
        return 3
