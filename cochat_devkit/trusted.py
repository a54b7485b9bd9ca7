"""What a person trusts: kept for this user alone, outside every workspace, one file for each workspace."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from cochat_devkit.errors import CannotWrite, LocalError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cochat_devkit.resource import Json


@dataclass(frozen=True)
class Trust:
    """Hold what is trusted of one resource.

    `texts` are the digests of code that may run, each with the time when that was said (ISO, UTC). `beneath` names the
    server's texts that a trusted file was edited from, and which need not be trusted themselves. `laid` is the code
    that was last laid into the file from a server without becoming its base, until it is trusted.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    beneath: tuple[str, ...] = ()
    laid: str | None = None


def trust_path(folder: Path, root: Path) -> Path:
    """Name the file about a workspace, in the folder that is a person's own."""
    return folder / "trust" / f"{hashlib.sha256(str(root).encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.json"


def read_trust(path: Path) -> dict[str, Trust]:
    """Read what is trusted, by `kind/slug`; a file that is not there trusts nothing.

    Raises:
        LocalError: it cannot be read.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {name: _to_trust(each) for name, each in found["resources"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        raise LocalError(f"{path} cannot be read", hint="delete it, and trust again: cochat trust") from error


def write_trust(path: Path, root: Path, trusted: Mapping[str, Trust]) -> None:
    """Write what is trusted in one step, for its owner's eyes alone; `root` says which workspace it is about.

    Raises:
        CannotWrite: the disk refuses; what was trusted is as it was.
    """
    said = {"workspace": str(root), "resources": {name: asdict(each) for name, each in sorted(trusted.items())}}
    try:
        for folder in (path.parent.parent, path.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(said, file, indent=1, ensure_ascii=True)
        temporary.replace(path)
    except OSError as error:
        raise CannotWrite(
            f"{path} cannot be written: {error.strerror}", hint="COCHAT_CONFIG_DIR names another folder"
        ) from error


def _to_trust(found: Json) -> Trust:
    texts, laid = dict(found["texts"]), found["laid"]
    if not all(isinstance(each, str) for each in (*texts, *texts.values(), *found["beneath"], laid or "")):
        raise TypeError("not what we wrote")
    return Trust(texts, tuple(found["beneath"]), laid)
