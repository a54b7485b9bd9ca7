"""`open_webui.env`: what a server is before it reads its settings: its version, and where its files lie."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins import home

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

MAKERS: Mapping[str, Callable[[ModuleType], Any]] = {
    "VERSION": lambda _module: home.version(),
    "DATA_DIR": lambda _module: home.folder(),
    "STATIC_DIR": lambda _module: home.folder("static"),
    "BASE_DIR": lambda _module: home.folder(),
    "BACKEND_DIR": lambda _module: home.folder(),
    "OPEN_WEBUI_DIR": lambda _module: home.folder(),
    "FRONTEND_BUILD_DIR": lambda _module: home.folder("build"),
    "GLOBAL_LOG_LEVEL": lambda _module: logging.getLevelName(logging.getLogger().getEffectiveLevel()),
}
