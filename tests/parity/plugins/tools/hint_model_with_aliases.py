from pydantic import BaseModel, ConfigDict, Field, computed_field


class Place(BaseModel):
    model_config = ConfigDict(populate_by_name=True, json_schema_extra={"examples": [{"cityName": "Oslo"}]})

    city: str = Field(alias="cityName", min_length=1, examples=["Oslo"])
    country: str = Field("NO", pattern="^[A-Z]{2}$", deprecated=True)
    tags: list[str] = Field(default_factory=list, max_length=3)

    @computed_field
    def label(self) -> str:
        return self.city


class Tools:
    def f(self, a: Place): ...
