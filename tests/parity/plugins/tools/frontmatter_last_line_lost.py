"""
title: Kept
author: lost, since the quotes stand on its line"""


class Tools:
    pass
