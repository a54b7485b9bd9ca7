from fastapi.responses import HTMLResponse

INLINE = {"Content-Disposition": "inline"}


class Tools:
    def run(self):
        return HTMLResponse("<p>hi</p>", headers=INLINE)
