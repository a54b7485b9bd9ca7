from pydantic import BaseModel, ConfigDict, Field


class Filter:
    class Valves(BaseModel):
        model_config = ConfigDict(title="Settings", extra="forbid", json_schema_extra={"x-order": ["a"]})

        a: int = Field(1, alias="A", serialization_alias="AA")
