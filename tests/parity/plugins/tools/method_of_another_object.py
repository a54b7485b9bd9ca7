class Client:
    def search(self, query: str):
        """Search the web.

        :param query: what for
        """


class Tools:
    def __init__(self):
        self.search = Client().search
        self.lookup = Client().search
