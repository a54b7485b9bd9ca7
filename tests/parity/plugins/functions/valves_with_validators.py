from pydantic import BaseModel, field_validator, model_validator


class Filter:
    class Valves(BaseModel):
        n: int = 1

        @field_validator("n")
        @classmethod
        def positive(cls, value):
            if value < 1:
                raise ValueError("not positive")
            return value

        @model_validator(mode="after")
        def whole(self):
            return self
