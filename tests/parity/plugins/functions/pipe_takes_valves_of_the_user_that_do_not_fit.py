from pydantic import BaseModel


class Pipe:
    class UserValves(BaseModel):
        city: int = 1

    def pipe(self, body, __user__):
        return str(__user__["valves"].city)
