# a comment first
"""
title: Nobody reads this
"""


class Tools:
    pass
