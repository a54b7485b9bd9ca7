import datetime
import uuid


class Tools:
    def f(self, a: datetime.datetime, b: datetime.date = None, c: uuid.UUID = None): ...
