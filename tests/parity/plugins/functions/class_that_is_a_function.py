class _Made:
    def pipe(self, body):
        return "made"


def Pipe():
    return _Made()
