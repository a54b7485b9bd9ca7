class Tools:
    def __init__(self):
        self.valves = {"n": 1}

    def f(self): ...
