from pydantic import BaseModel, Field


class Pipe:
    class Valves(BaseModel):
        model: str = Field("", json_schema_extra={"input": {"type": "select", "options": "list_models"}})
        static: str = Field("", json_schema_extra={"input": {"type": "select", "options": "list_static"}})

        @classmethod
        def list_models(cls):
            return [{"value": "a", "label": cls.__name__}]

        @staticmethod
        def list_static():
            return ["x", "y"]

    class UserValves(BaseModel):
        model: str = Field("", json_schema_extra={"input": {"type": "select", "options": "list_models"}})

        @classmethod
        def list_models(cls):
            return ["mine"]
