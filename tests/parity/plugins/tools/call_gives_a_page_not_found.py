from fastapi.responses import HTMLResponse

INLINE = {"Content-Disposition": "inline"}


class Tools:
    def run(self):
        return HTMLResponse("x", status_code=404, headers=INLINE)
