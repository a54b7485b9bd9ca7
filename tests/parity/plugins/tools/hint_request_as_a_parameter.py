from fastapi import Request


class Tools:
    def f(self, request: Request): ...
