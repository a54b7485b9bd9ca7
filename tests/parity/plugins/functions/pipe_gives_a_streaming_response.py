from fastapi.responses import StreamingResponse


class Pipe:
    def pipe(self, body):
        return StreamingResponse(iter(["data: x\\n\\n", "data: y\\n\\n"]), media_type="text/event-stream")
