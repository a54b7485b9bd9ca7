class Action:
    pass
