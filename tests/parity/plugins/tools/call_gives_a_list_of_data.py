class Tools:
    def run(self):
        return ["data:text/plain,x", "data:text/plain,y", "z"]
