from pydantic import SecretStr


class Tools:
    def f(self, a: bytes, b: SecretStr = None): ...
