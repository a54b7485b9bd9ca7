"""`open_webui.internal.db`: an empty database in memory, where SQLAlchemy is installed beside the plugin."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins.refusing import Refusing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType


def _engine(_module: ModuleType) -> Any:
    return _made(_memory, "engine")


def _base(_module: ModuleType) -> Any:
    def make() -> Any:
        from sqlalchemy.orm import declarative_base  # type: ignore[import-not-found]

        return declarative_base()

    return _made(make, "Base")


def _session_local(_module: ModuleType) -> Any:
    def make() -> Any:
        from sqlalchemy.orm import sessionmaker

        return sessionmaker(bind=_memory())

    return _made(make, "SessionLocal")


@cache
def _memory() -> Any:
    from sqlalchemy import create_engine  # type: ignore[import-not-found]

    return create_engine("sqlite://")


def _made(make: Callable[[], Any], name: str) -> Any:
    try:
        return make()
    except ImportError:
        return Refusing(f"open_webui.internal.db.{name}")


MAKERS: Mapping[str, Callable[[ModuleType], Any]] = {
    "engine": _engine,
    "Base": _base,
    "SessionLocal": _session_local,
}
