import decimal
import ipaddress
import pathlib
import re
from datetime import time, timedelta


class Tools:
    def f(
        self,
        a: decimal.Decimal,
        b: pathlib.Path,
        c: re.Pattern,
        d: ipaddress.IPv4Address,
        e: time,
        g: timedelta,
        h: frozenset[int],
    ): ...
