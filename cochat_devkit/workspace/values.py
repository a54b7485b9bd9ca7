"""A YAML file of valve values, in which `${NAME}` stands for a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource, CannotWrite, UsageError
from cochat_devkit.workspace.sidecar import load_yaml, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cochat_devkit.resource import Json

_HINT = "write lines of the form `name: value`"


def read_values(path: Path) -> dict[str, Json]:
    """Read values by name, as the file states them.

    Raises:
        BadResource: it is no YAML mapping, or holds what JSON cannot say.
    """
    try:
        found = load_yaml(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise BadResource(f"{path}: this cannot be read as YAML", hint=_HINT) from error
    if found is not None and not isinstance(found, dict):
        raise BadResource(f"{path}: valves are a YAML mapping", hint=_HINT)
    return {str(name): _to_value(path, str(name), value) for name, value in (found or {}).items()}


def _to_value(path: Path, name: str, value: object) -> Json:
    """Take a value as JSON has it; it may be a secret, so it is not repeated."""
    try:
        return to_json(value)
    except UsageError as error:
        raise BadResource(f"{path}: {name}: {error.message}", hint=error.hint) from None
    except RecursionError:
        raise BadResource(f"{path}: {name}: too deep", hint=_HINT) from None


def write_values(path: Path, values: Mapping[str, Json]) -> None:
    """Write values by name.

    Raises:
        CannotWrite: the file cannot be written.
    """
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 1 << 16
    try:
        with path.open("w", encoding="utf-8") as file:
            yaml.dump(dict(values), file)
    except OSError as error:
        raise CannotWrite(f"{path} cannot be written: {error.strerror}") from error
