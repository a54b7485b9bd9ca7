"""The folder of a static site: built beside its place, put there when it is whole, and never over what is not ours."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cochat_devkit.errors import CannotWrite, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: lists the files of an export, one a line; hosts of static sites do not publish names with a dot
MARKER = ".cochat-export"
_HEAD = "Written by `cochat browse --export`, which replaces these files and no others:\n"


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Give an empty folder to fill; when the block ends well it takes the place of `folder`, and else nothing changed.

    Raises:
        UsageError: the folder holds what no export wrote.
        CannotWrite: the disk refuses.
    """
    place = folder.resolve()
    fresh, old = _beside(place), _beside(place)
    try:
        check_ours(place)
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        yield fresh
        (fresh / MARKER).write_bytes((_HEAD + "".join(f"{each}\n" for each in sorted(_files_in(fresh)))).encode())
        # somebody may have laid something there meanwhile
        check_ours(place)
        _swap(fresh, place, old)
    except OSError as error:
        why = error.strerror or error
        raise CannotWrite(f"{place} cannot be written: {why}", hint="name another folder") from error
    finally:
        for each in (fresh, old):
            shutil.rmtree(each, ignore_errors=True)


def check_ours(place: Path) -> None:
    """Make sure that nothing is lost when a folder is replaced: it is not there, or empty, or all of it is an export.

    Raises:
        UsageError: it is something else.
        OSError: it cannot be read.
    """
    if not place.exists():
        return
    if not place.is_dir():
        raise UsageError(f"{place} is a file", hint="name a folder")
    if Path.cwd().is_relative_to(place):
        raise UsageError(f"{place} is the folder that you are in, and would be replaced", hint="name another folder")
    try:
        listed = (place / MARKER).read_bytes().decode().splitlines()
    except (OSError, UnicodeDecodeError):
        listed = []
    known = {MARKER, *listed} if _HEAD.strip() in listed[:1] else set()
    for each in _files_in(place):
        if each not in known:
            what = f"{each} in {place} is not of an export" if known else f"{place} is not empty, and is no export"
            raise UsageError(f"{what}: it would be lost", hint="move it away, or name a folder that is not there yet")


def _files_in(place: Path) -> Iterator[str]:
    """List what a folder holds, by path: files, links as they are, and folders that hold nothing."""
    for folder, folders, files in os.walk(place, onerror=_refuse):
        lead = Path(folder).relative_to(place)
        for name in files:
            is_link = (Path(folder) / name).is_symlink()
            yield f"{(lead / name).as_posix()}{'@' * is_link}"
        for name in folders:
            if (Path(folder) / name).is_symlink():
                yield f"{(lead / name).as_posix()}@"
        if not folders and not files and lead.parts:
            yield f"{lead.as_posix()}/"


def _refuse(error: OSError) -> None:
    raise error


def _swap(fresh: Path, place: Path, old: Path) -> None:
    try:
        if place.exists():
            shutil.copymode(place, fresh)
            place.rename(old)
        fresh.rename(place)
    except BaseException:
        if old.exists() and not place.exists():
            old.rename(place)
        raise


def _beside(place: Path) -> Path:
    return place.with_name(f".cochat-export-{secrets.token_hex(6)}")
