from fastapi.responses import HTMLResponse

INLINE = {"Content-Disposition": "inline"}


class Tools:
    def run(self):
        return HTMLResponse("x", headers=INLINE), {"shown": ["x"]}
