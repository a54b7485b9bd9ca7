"""`open_webui.main`: the server's application, of which its state, its settings and some addresses are known.

Source: Open WebUI 0.12.4 and 0.6.43, main.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.refusing import Refusing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from cochat_devkit.resource import Json

_NAME = "open_webui.main.app"
#: the routes that plugins ask for the addresses of
_ROUTES = {"get_file_content_by_id": "/api/v1/files/{id}/content"}


class State:
    """Hold the state of the application: what the facts name, and what was put there."""

    def __init__(self, facts: Mapping[str, Json], make: Callable[[str, Json], Any]) -> None:
        object.__setattr__(self, "_facts", facts)
        object.__setattr__(self, "_make", make)

    def __getattr__(self, name: str) -> Any:
        if name not in self._facts:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        made = self._make(name, self._facts[name])
        object.__setattr__(self, name, made)
        return made


class AppConfig(State):
    """Hold the settings of 0.6 by name."""


class Application:
    """Play the application; what is not known of it refuses by name."""

    def __init__(self, facts: Json) -> None:
        config = AppConfig(facts["config"], _make_setting)

        def make(name: str, entry: Json) -> Any:
            return config if entry.get("made") == "AppConfig" else _make_value(name, entry)

        self.state = State(facts["state"], make)

    def url_path_for(self, name: str, /, **path: Any) -> str:
        """Name the path of a route."""
        if name not in _ROUTES:
            return str(Refusing(f"{_NAME}.url_path_for({name!r})"))
        return _ROUTES[name].format(**path)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Refusing(f"{_NAME}.{name}")


def _make_value(name: str, entry: Json) -> Any:
    if "literal" in entry:
        return ast.literal_eval(entry["literal"])
    return getattr(home.module("main"), entry["named"]) if "named" in entry else Refusing(f"{_NAME}.state.{name}")


def _make_setting(name: str, entry: Json) -> Any:
    if "literal" in entry:
        return ast.literal_eval(entry["literal"])
    saved = getattr(home.module("main"), entry["named"]) if "named" in entry else None
    return getattr(saved, "value", Refusing(f"{_NAME}.state.config.{name}"))


def _make_app(module: ModuleType) -> Application:
    app = Application(module.__dict__["_facts"]["app"])
    # the server fills it as it runs
    setattr(app.state, "MODELS", {})  # noqa: B010 - whatever is put there is there
    return app


MAKERS: Mapping[str, Callable[[ModuleType], Any]] = {"app": _make_app}
