class Pipe:
    def pipes(self):
        raise ConnectionError("the provider is away")
