from pydantic import BaseModel


class Action:
    class Valves(BaseModel):
        priority: int = 7

    def action(self, body): ...
