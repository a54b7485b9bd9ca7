class Action:
    actions = ({"id": 1, "name": "One"},)
