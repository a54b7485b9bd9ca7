"""
title: Weather
author: someone
version: 1.2.0
description: Says what the weather is like.
"""


class Tools:
    pass
