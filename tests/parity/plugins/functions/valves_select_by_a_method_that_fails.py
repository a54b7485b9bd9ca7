from pydantic import BaseModel, Field


class Pipe:
    class Valves(BaseModel):
        raises: str = Field("", json_schema_extra={"input": {"options": "fail"}})
        missing: str = Field("", json_schema_extra={"input": {"options": "nowhere"}})
        no_list: str = Field("", json_schema_extra={"input": {"options": "tell"}})
        no_method: str = Field("", json_schema_extra={"input": {"options": "model_config"}})
        later: str = Field("", json_schema_extra={"input": {"options": "wait"}})
        wants_self: str = Field("", json_schema_extra={"input": {"options": "own"}})

        @classmethod
        def fail(cls):
            raise ValueError("no key")

        @classmethod
        def tell(cls):
            return ("a", "b")

        @classmethod
        def wait(cls, seconds):
            return ["x"]

        def own(self):
            return ["x"]
