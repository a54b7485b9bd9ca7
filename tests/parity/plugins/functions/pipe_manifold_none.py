class Pipe:
    def pipes(self):
        return None
