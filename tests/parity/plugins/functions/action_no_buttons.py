class Action:
    actions = []
