"""title: Nobody reads this
version: 1.0
"""


class Tools:
    pass
