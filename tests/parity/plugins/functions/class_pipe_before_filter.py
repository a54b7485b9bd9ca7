class Filter:
    pass
class Pipe:
    toggle = True
    def pipe(self, body): ...
