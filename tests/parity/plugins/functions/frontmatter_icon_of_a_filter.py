"""
title: Switch
icon_url: data:image/svg+xml;base64,AAA
"""


class Filter:
    toggle = True
    icon = "data:image/svg+xml;base64,BBB"
