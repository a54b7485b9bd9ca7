from pydantic import BaseModel


class Pipe:
    class Valves(BaseModel):
        api_key: str

    def __init__(self):
        self.valves = None

    def pipes(self):
        return [{"id": "a", "name": "A"}]
