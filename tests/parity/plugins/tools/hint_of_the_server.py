from fastapi import Request, UploadFile


class Tools:
    def f(self, a: int, __request__: Request = None, _file: UploadFile = None): ...
