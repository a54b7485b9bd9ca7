from pydantic import BaseModel


class Tools(BaseModel):
    size: int = 3

    def f(self, a: int):
        """Do it."""
