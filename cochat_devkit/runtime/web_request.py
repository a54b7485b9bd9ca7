"""What a plugin is handed as the request of who asks: what can be known of it, and a loud refusal of the rest."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.refusing import Refusing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cochat_devkit.resource import Json

_NAME = "__request__"
_PATH = "/api/chat/completions"
_HOST = "localhost:8080"


class Headers(dict[str, str]):
    """Hold headers by name; upper and lower case are the same."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__({name.lower(): value for name, value in headers.items()})

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """Read a header, or the default where there is none."""
        return super().get(name.lower(), default)


class Space:
    """Hold names that were set; one that was not is refused where `refuses` says as what, and otherwise not there."""

    def __init__(self, names: Mapping[str, Any], *, refuses: str | None = None) -> None:
        object.__setattr__(self, "_refuses", refuses)
        self.__dict__.update(names)

    def __getattr__(self, name: str) -> Any:
        if self._refuses is None or (name.startswith("__") and name.endswith("__")):
            raise AttributeError(name)
        return Refusing(f"{self._refuses}.{name}")

    def __iter__(self) -> Iterator[str]:
        return (each for each in self.__dict__ if not each.startswith("_"))


class Request(Space):
    """Stand for the request: its method, place, headers, cookies and state, and what is known of the application."""

    def __init__(self, body: Json, models: Mapping[str, Json]) -> None:
        app = home.module("main").app
        app.state.MODELS, app.state.TOOLS, app.state.FUNCTIONS = dict(models), {}, {}
        url = types.SimpleNamespace(
            path=_PATH, scheme="http", hostname="localhost", port=8080, netloc=_HOST, query="", fragment=""
        )
        super().__init__(
            {
                "method": "POST",
                "url": url,
                "base_url": f"http://{_HOST}/",
                "headers": Headers({"host": _HOST, "content-type": "application/json", "user-agent": "cochat"}),
                "cookies": {},
                "query_params": {},
                "path_params": {},
                "client": types.SimpleNamespace(host="127.0.0.1", port=0),
                "state": Space({}),
                "app": app,
                "_body": body,
            },
            refuses=_NAME,
        )

    async def json(self) -> Json:
        """Read what was asked."""
        return self._body
