from pydantic import BaseModel


class Pipe:
    class Valves(BaseModel):
        key: str = ""

    class UserValves(BaseModel):
        key: str = ""

    def __init__(self):
        self.valves = self.Valves()
        self.user_valves = self.UserValves()
