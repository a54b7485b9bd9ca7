class Pipe:
    def pipe(self, body: dict) -> str:
        return "hello"
