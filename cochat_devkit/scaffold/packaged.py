"""Where the templates and example plugins lie: in the wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def packaged_templates_dir() -> Path:
    """Find the templates that come with the kit."""
    return _packaged("templates")


def shipped_plugins_dir() -> Path:
    """Find the example plugins that come with the kit."""
    return _packaged("plugins")


def _packaged(name: str) -> Path:
    in_wheel = _PACKAGE / "_packaged" / name
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent / name
