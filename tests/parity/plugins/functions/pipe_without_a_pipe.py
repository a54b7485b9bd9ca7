class Pipe:
    def __init__(self):
        self.name = "Idle"
