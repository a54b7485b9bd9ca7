"""
title: oneversion: twoauthor: threelicense: four icon_url: fivefunding_url: six
"""


class Tools:
    pass
