class Pipe:
    async def pipe(self, body, __user__, __event_emitter__, **more):
        yield "a"
        yield "b"
