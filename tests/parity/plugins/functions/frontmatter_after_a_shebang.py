#!/usr/bin/env python3
"""
title: Nobody reads this
"""


class Filter:
    pass
