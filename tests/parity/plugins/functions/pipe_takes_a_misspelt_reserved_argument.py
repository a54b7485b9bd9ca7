class Pipe:
    def pipe(self, body, __event_emmiter__):
        return "x"
