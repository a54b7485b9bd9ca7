class Filter:
    file_handler = True
    citation = False

    def inlet(self, body):
        return body
