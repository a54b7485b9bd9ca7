"""The files of a skill: what a set of them must be, how operations change it, and how it is shown. Pure.

Source: Open WebUI 0.12.4, utils/skill_files.py; checked by tests/contract/test_skill_files.py.
"""

from __future__ import annotations

import base64
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cochat_devkit.resource import Wire

MAIN = "SKILL.md"
_MIB = 1024 * 1024
_MOST_FILES = 1000
_LARGEST_FILE_BYTES = 10 * _MIB
_LARGEST_SKILL_BYTES = 50 * _MIB


class FilesRefused(ValueError):
    """Files that make no skill; the sentence is the server's own."""


def checked_path(path: str) -> str:
    """Take a path that stays within its folder.

    Raises:
        FilesRefused: it does not.
    """
    if not path or path.startswith("/") or any(character in path for character in "\\\0:"):
        raise FilesRefused("File paths must be relative POSIX paths")
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise FilesRefused("Invalid file path")
    return path


def checked_files(files: Iterable[Wire], previous: Iterable[Wire] = ()) -> list[Wire]:
    """Take files that make a skill, by path; what was too large before may stay so.

    Raises:
        FilesRefused: they make none.
    """
    found, before = list(files), {each["path"]: len(bytes_of(each)) for each in previous}
    if len(found) > max(_MOST_FILES, len(before)):
        raise FilesRefused(f"A skill may contain at most {_MOST_FILES} files")
    by_path: dict[str, Wire] = {}
    total = 0
    for each in found:
        path, size = checked_path(each["path"]), len(bytes_of(each))
        if path in by_path:
            raise FilesRefused(f"Duplicate file: {path}")
        if size > max(_LARGEST_FILE_BYTES, before.get(path, 0)):
            raise FilesRefused(f"File exceeds 10 MiB: {path}")
        by_path[path] = each
        total += size
    if total > max(_LARGEST_SKILL_BYTES, sum(before.values())):
        raise FilesRefused("Skill exceeds 50 MiB")
    _refuse_files_that_are_folders(by_path)
    if MAIN not in by_path or by_path[MAIN].get("encoding"):
        raise FilesRefused("A skill requires a UTF-8 SKILL.md at its root")
    return [by_path[path] for path in sorted(by_path)]


def changed_files(files: Iterable[Wire], operations: Iterable[Wire]) -> list[Wire]:
    """Put, move and delete files, one operation after the other.

    Raises:
        FilesRefused: one of them cannot be done, or what comes of all makes no skill.
    """
    by_path = {each["path"]: each for each in files}
    for operation in operations:
        path = checked_path(operation["path"])
        if operation["op"] == "put":
            by_path[path] = _put(path, operation)
        else:
            by_path = _without_or_elsewhere(by_path, path, operation)
    return checked_files(by_path.values(), files)


def with_main(files: Iterable[Wire], text: str) -> list[Wire]:
    """Exchange the main file."""
    return [*(each for each in files if each["path"] != MAIN), {"path": MAIN, "content": text}]


def main_text(files: Iterable[Wire]) -> str:
    """Take the text of the main file."""
    return next(str(each["content"]) for each in files if each["path"] == MAIN)


def bytes_of(file: Wire) -> bytes:
    """Read the content of a file.

    Raises:
        FilesRefused: it is no base64, or half of a character.
    """
    try:
        if file.get("encoding") == "base64":
            return base64.b64decode(file["content"], validate=True)
        return str(file["content"]).encode()
    except ValueError as error:
        raise FilesRefused(str(error)) from error


def make_file(path: str, content: bytes) -> Wire:
    """Make a file of bytes: text where they are UTF-8 without a NUL, else base64."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" not in text:
        return {"path": path, "content": text}
    return {"path": path, "content": base64.b64encode(content).decode("ascii"), "encoding": "base64"}


def summaries(files: Iterable[Wire]) -> list[Wire]:
    """Show files without their contents."""
    return [{"path": each["path"], "size": len(bytes_of(each)), "encoding": each.get("encoding")} for each in files]


def find_file(files: Iterable[Wire], path: str) -> Wire | None:
    """Find a file by its path; None where there is none."""
    return next((each for each in files if each["path"] == path), None)


def _refuse_files_that_are_folders(paths: Iterable[str]) -> None:
    known = set(paths)
    for path in known:
        if any(str(parent) in known for parent in PurePosixPath(path).parents):
            raise FilesRefused(f"A file is also used as a directory: {path}")


def _put(path: str, operation: Wire) -> Wire:
    if operation.get("content") is None:
        raise FilesRefused("put requires content")
    encoding = {"encoding": operation["encoding"]} if operation.get("encoding") else {}
    return {"path": path, "content": operation["content"], **encoding}


def _without_or_elsewhere(by_path: dict[str, Wire], path: str, operation: Wire) -> dict[str, Wire]:
    if path == MAIN:
        raise FilesRefused("SKILL.md cannot be moved or deleted")
    meant = [each for each in by_path if each == path or each.startswith(f"{path}/")]
    if not meant:
        raise FilesRefused(f"File or directory not found: {path}")
    rest = {each: file for each, file in by_path.items() if each not in meant}
    if operation["op"] == "delete":
        return rest
    destination = checked_path(operation.get("destination") or "")
    if destination.startswith(f"{path}/"):
        raise FilesRefused("Cannot move a directory into itself")
    moved = {destination + each.removeprefix(path): by_path[each] for each in meant}
    if any(each in rest for each in moved):
        raise FilesRefused("Move would overwrite an existing file")
    return rest | {each: {**file, "path": each} for each, file in moved.items()}
