class Filter:
    file_handler = True

    def outlet(self, body):
        return body
