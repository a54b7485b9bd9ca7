class Pipe:
    def __init__(self):
        try:
            {}["key"]
        except KeyError as error:
            raise RuntimeError("no key is set") from error
