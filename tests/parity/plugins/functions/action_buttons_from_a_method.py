class Action:
    def actions(self):
        return [{"id": "a", "name": "A"}]
