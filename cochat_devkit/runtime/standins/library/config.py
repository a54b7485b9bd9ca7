"""`open_webui.config`: the folders that a server works in, and the class of 0.6's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.saved import PersistentConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

MAKERS: Mapping[str, Callable[[ModuleType], Any]] = {
    "CACHE_DIR": lambda _module: home.folder("cache"),
    "UPLOAD_DIR": lambda _module: home.folder("uploads"),
    "STATIC_DIR": lambda _module: home.folder("static"),
    "PersistentConfig": lambda _module: PersistentConfig,
}
