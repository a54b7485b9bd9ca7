class Action:
    icon_url = "https://example.com/url.svg"

    async def action(self, body, __user__=None, __event_emitter__=None, __event_call__=None): ...
