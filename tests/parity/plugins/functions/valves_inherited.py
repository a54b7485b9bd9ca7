from pydantic import BaseModel


class Base(BaseModel):
    priority: int = 2
    debug: bool = False


class Filter:
    class Valves(Base):
        debug: bool = True
