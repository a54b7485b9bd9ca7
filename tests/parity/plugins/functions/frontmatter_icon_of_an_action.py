"""
title: Button
icon_url: data:image/svg+xml;base64,AAA
"""


class Action:
    icon_url = "data:image/svg+xml;base64,BBB"

    async def action(self, body):
        return None
