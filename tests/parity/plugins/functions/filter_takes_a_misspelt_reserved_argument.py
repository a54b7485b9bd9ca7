class Filter:
    def inlet(self, body, __event_emmiter__):
        return body
