class Action:
    actions = [{"name": "Bold"}]
