"""
title: Wetter für Köln 🌦
author: 作者
description: “quotes” – dashes … and ünïcode
"""


class Tools:
    def f(self, a: str = "é"):
        """Grüß Gott, 世界."""
