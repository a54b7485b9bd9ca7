from pydantic import BaseModel


class Tools:
    class Place(BaseModel):
        city: str

    def f(self, a: Place):
        """Tell the weather."""
