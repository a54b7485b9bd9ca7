class Filter:
    file_handler = True

    def inlet(self, body):
        return body
