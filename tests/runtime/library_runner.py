"""Run a sample that uses the server's own modules, and say what it came to; here, and in a server's environment."""

import datetime as dt
import enum
import inspect
import io
import re

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}")
_THIS_CENTURY_S = (1_700_000_000, 4_000_000_000)


async def got(value):
    """Wait for what is to be waited for: the versions differ in their colours."""
    return await value if inspect.isawaitable(value) else value


async def run_sample(source: str) -> dict:
    """Run the coroutine `sample` of a text: what it gave, ids and times made alike, or what it raised."""
    space = {"got": got, "__name__": "sample"}
    try:
        exec(compile(source, "<sample>", "exec", dont_inherit=True), space)
        return {"value": Plain().of(await space["sample"]())}
    except Exception as error:  # noqa: BLE001 - a sample may raise anything
        return {"exception": type(error).__name__, "message": Plain().of(str(error))}


class Plain:
    """Make values plain: models with their classes, ids by number, times by name."""

    def __init__(self) -> None:
        self._ids = {}

    def of(self, value):
        """Give the plain value."""
        if hasattr(value, "model_dump") and not inspect.isclass(value):
            return {"class": type(value).__name__, **self.of(value.model_dump())}
        if isinstance(value, dict):
            return {str(self.of(key)): self.of(each) for key, each in value.items()}
        if isinstance(value, list | tuple | set):
            return [type(value).__name__, *(self.of(each) for each in value)]
        if isinstance(value, io.IOBase):
            return ["file", self.of(value.read())]
        return self._of_one(value)

    def _of_one(self, value):
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, enum.Enum):
            return f"{type(value).__name__}.{value.name}"
        if isinstance(value, int | float):
            return _without_time(value)
        if isinstance(value, str):
            return _ID.sub(lambda found: self._number(found[0]), value)
        return value.isoformat() if isinstance(value, dt.date) else f"<{type(value).__name__}>"

    def _number(self, id_):
        return f"id-{self._ids.setdefault(id_, len(self._ids))}"


def _without_time(value):
    for unit, name in ((1, "s"), (1_000, "ms"), (1_000_000_000, "ns")):
        if _THIS_CENTURY_S[0] < value / unit < _THIS_CENTURY_S[1]:
            return f"<time in {name}>"
    return value
