class Action:
    def action(self, body): ...


class Filter:
    def inlet(self, body):
        return body
