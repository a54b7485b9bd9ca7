"""
title: Torn
requirements: pydantic>=2,<3, httpx[socks,http2]
"""


class Filter:
    pass
