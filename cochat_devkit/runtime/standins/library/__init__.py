"""What is played and not only named: for some modules, how some of their names come about.

Each file plays one module. `MAKERS` are values: a maker takes the module that is played, and gives the object.
`PLAYS` are functions, and for a class an object whose methods are those of the class; each is written once, without
colour, and gets the signature and the colour that the facts of the version say. `VALIDATORS` are what a model checks
beside the types of its fields.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

#: the modules that are played, and the file of each
_FILES = {
    "open_webui.config": "config",
    "open_webui.env": "env",
    "open_webui.internal.db": "db",
    "open_webui.main": "main",
    "open_webui.models.chats": "chats",
    "open_webui.models.files": "files",
    "open_webui.models.folders": "folders",
    "open_webui.models.functions": "functions",
    "open_webui.models.knowledge": "knowledge",
    "open_webui.models.memories": "memories",
    "open_webui.models.models": "models",
    "open_webui.models.skills": "skills",
    "open_webui.models.tags": "tags",
    "open_webui.models.tools": "tools",
    "open_webui.models.users": "users",
    "open_webui.routers.files": "file_routes",
    "open_webui.routers.images": "image_routes",
    "open_webui.routers.memories": "memory_routes",
    "open_webui.storage.provider": "storage",
    "open_webui.utils.chat": "completions",
    "open_webui.utils.middleware": "middleware",
    "open_webui.utils.misc": "misc",
    "open_webui.utils.redis": "redis",
    "open_webui.utils.task": "task",
    "open_webui.utils.tools": "offered_tools",
}
PLAYED = tuple(_FILES)


def maker_of(module: str, name: str) -> Callable[[ModuleType], Any] | None:
    """Find what makes a name of a module; None where nothing does."""
    return _read(module, "MAKERS").get(name)


def play_of(module: str, name: str) -> Callable[..., Any] | None:
    """Find what plays a function, or a method (`Class.method`); None where nothing does."""
    first, _, method = name.partition(".")
    found: Callable[..., Any] | None = plays_in(module).get(first)
    return getattr(found, method, None) if method else found


def plays_in(module: str) -> Mapping[str, Any]:
    """Read what plays the functions and classes of a module, by name."""
    return _read(module, "PLAYS")


def validators_of(module: str, name: str) -> Mapping[str, Any]:
    """Find what a model has beside its fields, by name."""
    found: Mapping[str, Any] = _read(module, "VALIDATORS").get(name, {})
    return found


def _read(module: str, table: str) -> Mapping[str, Any]:
    """Read a table of the file of a module, when that is first used."""
    file = _FILES.get(module)
    found: Mapping[str, Any] = getattr(import_module(f"{__name__}.{file}"), table, {}) if file else {}
    return found
