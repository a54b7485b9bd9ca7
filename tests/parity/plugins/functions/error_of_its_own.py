class NotConfigured(Exception):
    def __init__(self, name):
        super().__init__(f"set {name} first")


class Pipe:
    def __init__(self):
        raise NotConfigured("API_KEY")
