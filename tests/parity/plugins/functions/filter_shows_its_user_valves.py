from pydantic import BaseModel


class Filter:
    class UserValves(BaseModel):
        city: str = "Oslo"

    def inlet(self, body, __user__):
        body["trace"].append(repr(__user__.get("valves")))
        return body
