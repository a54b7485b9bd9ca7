"""A YAML file of valve values, in which `${NAME}` stands for a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource, CannotWrite

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cochat_devkit.resource import Json

_HINT = "write lines of the form `name: value`"


def read_values(path: Path) -> dict[str, Json]:
    """Read values by name, as the file states them.

    Raises:
        BadResource: it is no YAML mapping.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        found = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError, ValueError, RecursionError) as error:
        raise BadResource(f"{path}: this cannot be read as YAML", hint=_HINT) from error
    if found is not None and not isinstance(found, dict):
        raise BadResource(f"{path}: valves are a YAML mapping", hint=_HINT)
    return {str(name): value for name, value in (found or {}).items()}


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
