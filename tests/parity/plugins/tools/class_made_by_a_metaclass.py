class Meta(type):
    def __call__(cls):
        made = super().__call__()
        made.answer = lambda question: 42
        made.answer.__name__ = "answer"
        return made


class Tools(metaclass=Meta):
    pass
