"""
title: Weather
"""


class Tools:
    pass
