from pydantic import BaseModel, Field


class Filter:
    class Valves(BaseModel):
        api_key: str = Field("", json_schema_extra={"input": {"type": "password"}})
        note: str = Field("", json_schema_extra={"input": {"type": "textarea"}, "x": 1})
