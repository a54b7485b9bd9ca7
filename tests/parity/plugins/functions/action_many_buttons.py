class Action:
    icon = "https://example.com/own.svg"
    actions = [
        {"id": "bold", "name": "Bold", "icon_url": "https://example.com/bold.svg"},
        {"id": "plain"},
        {"id": "empty", "name": "", "icon_url": None},
    ]

    async def action(self, body, __id__=None): ...
