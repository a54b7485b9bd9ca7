class Pipe:
    def pipes(self, user):
        return []
