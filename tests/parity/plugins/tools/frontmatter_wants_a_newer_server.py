"""
title: From the future
required_open_webui_version: 99.0.0
"""


class Tools:
    pass
