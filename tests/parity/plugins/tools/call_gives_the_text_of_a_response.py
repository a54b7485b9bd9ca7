from fastapi.responses import JSONResponse


class Tools:
    def run(self):
        return JSONResponse({"a": 1}).body.decode()
