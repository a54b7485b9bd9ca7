class Filter:
    def __init__(self):
        self.toggle = True
        self.icon = "data:image/svg+xml;base64,AAA"
