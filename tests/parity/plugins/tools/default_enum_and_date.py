import datetime
import uuid
from decimal import Decimal


class Tools:
    def f(
        self,
        a: datetime.date = datetime.date(2026, 1, 2),
        b: Decimal = Decimal("1.50"),
        c: uuid.UUID = uuid.UUID(int=1),
        d: tuple = (1, 2),
    ): ...
