from pydantic import BaseModel, Field


class Filter:
    class Valves(BaseModel):
        size: str = Field("m", json_schema_extra={"input": {"type": "select", "options": ["s", "m"]}})
        bare: str = Field("m", json_schema_extra={"input": {"options": ["s", "m"]}})
        none: str = Field("m", json_schema_extra={"input": {"type": "select", "options": []}})
