"""
title: Kept
description: three quotes \""" in here
version: lost
"""


class Tools:
    pass
