from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Tools:
    def f(self, a: datetime): ...
