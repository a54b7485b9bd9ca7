from fastapi.responses import HTMLResponse


class Tools:
    def run(self):
        return HTMLResponse("<p>hi</p>")
