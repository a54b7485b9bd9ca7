"""
title: First
"""
"""
author: Second
"""


class Tools:
    pass
