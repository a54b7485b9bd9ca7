class Filter:
    file_handler = False

    def inlet(self, body):
        return body
