from logging import Filter


class Action:
    def action(self, body): ...
