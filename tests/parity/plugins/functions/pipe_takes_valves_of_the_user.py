from pydantic import BaseModel


class Pipe:
    class UserValves(BaseModel):
        city: str = "Oslo"

    def pipe(self, body, __user__):
        return __user__["valves"].city
