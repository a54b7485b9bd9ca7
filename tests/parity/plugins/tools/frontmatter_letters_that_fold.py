"""
title: ſ and K are letters to a pattern without case
ſize: read
Kelvin: read
größe: not read
"""


class Tools:
    pass
