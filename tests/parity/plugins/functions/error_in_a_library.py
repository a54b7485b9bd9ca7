import json

SETTINGS = json.loads("{")


class Filter:
    pass
