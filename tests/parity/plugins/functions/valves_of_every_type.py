import datetime
import enum
from typing import Any, Dict, List, Literal, Optional, Union

from pydantic import BaseModel, Field, HttpUrl, SecretStr


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


class Place(BaseModel):
    city: str = "Oslo"


class Filter:
    class Valves(BaseModel):
        """What can be set."""

        flag: bool = False
        number: int = Field(3, ge=1, le=9)
        ratio: float = 0.5
        text: str = Field("", title="A title", max_length=9)
        secret: SecretStr = SecretStr("x")
        either: Literal["a", "b"] = "a"
        mood: Mood = Mood.GOOD
        place: Place = Place()
        places: List[Place] = []
        names: Dict[str, int] = Field(default_factory=dict)
        anything: Any = None
        maybe: Optional[str] = None
        one_of: Union[int, str] = 1
        url: HttpUrl = "https://example.com"
        day: datetime.date = datetime.date(2026, 1, 2)
        wanted: str
