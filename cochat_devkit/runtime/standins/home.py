"""Which version is played, where it has its files, and its modules."""

from __future__ import annotations

import importlib
import shutil
import tempfile
from pathlib import Path
from typing import Any


class _Home:
    """Hold what was said when the stand-ins were installed."""

    version = ""
    place: Path | None = None
    #: the folder that nobody else takes away
    made: Path | None = None


def settle(version: str, place: Path | None) -> None:
    """Say which version is played, and below which folder; None makes one when it is needed."""
    _Home.version, _Home.place = version, place


def leave() -> None:
    """Take away the folder that was made, where one was."""
    if _Home.made is not None:
        shutil.rmtree(_Home.made, ignore_errors=True)
    _Home.place = _Home.made = None


def version() -> str:
    """Name the version that is played."""
    return _Home.version


def is_old() -> bool:
    """Tell whether the 0.6 generation is played."""
    return _Home.version.startswith("0.6.")


def module(name: str) -> Any:
    """Import a module of the version that is played, by its name below the package."""
    return importlib.import_module(f"open_webui.{name}")


def folder(name: str = "") -> Path:
    """Name a folder of the server's, made where it is not there."""
    if _Home.place is None:
        _Home.place = _Home.made = Path(tempfile.mkdtemp(prefix="cochat-standins-"))
    found = _Home.place / "data" / name
    found.mkdir(parents=True, exist_ok=True)
    return found
