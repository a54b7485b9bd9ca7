from pydantic import BaseModel, Field


class Filter:
    class UserValves(BaseModel):
        enabled: bool = Field(True, description="run for me")
