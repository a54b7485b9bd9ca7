class Filter:
    def inlet(self, body, __user__=None):
        return body

    async def request(self, body):
        return body

    def stream(self, event, __body__=None):
        return event

    async def outlet(self, body, __event_emitter__=None):
        return body
