from pydantic import BaseModel, Field


class Filter:
    class Valves(BaseModel):
        who: str = Field("", json_schema_extra={"input": {"type": "select", "options": "own"}})
        maybe: str = Field("", json_schema_extra={"input": {"type": "select", "options": "plain"}})

        @classmethod
        def own(cls, __user__):
            return [__user__["role"]]

        @classmethod
        def plain(cls, user=None):
            return ["known" if user else "unknown"]
