class Tools:
    def run(self):
        return None
