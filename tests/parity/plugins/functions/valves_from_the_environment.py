import os

from pydantic import BaseModel, Field


class Pipe:
    class Valves(BaseModel):
        key: str = Field(default=os.getenv("NOBODY_SETS_THIS", "none"))
        home: str = Field(default_factory=lambda: "made")
