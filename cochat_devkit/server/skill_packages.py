"""Skills as packages: read from uploads, and written as archives. Nothing is ever unpacked to the disk.

Source: Open WebUI 0.12.4, utils/skill_files.py; checked by tests/contract/test_skill_packages.py.
"""

from __future__ import annotations

import io
import json
import re
import stat
import zipfile
from typing import TYPE_CHECKING, Any

from cochat_devkit.server.skill_files import (
    MAIN,
    FilesRefused,
    bytes_of,
    checked_files,
    checked_path,
    main_text,
    make_file,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cochat_devkit.resource import Wire

MOST_UPLOADS = 10_000
LARGEST_IMPORT_BYTES = 200 * 1024 * 1024
_MOST_ENTRIES = 10_000
_HEAD = re.compile(r"---[ \t]*\r?\n(?P<yaml>.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FOLDER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def read_packages(uploads: Sequence[tuple[str, bytes]]) -> list[Wire]:
    """Read the skills in uploads: (name, content) each; names with a slash are the files of one folder.

    Raises:
        FilesRefused: they are no skills; the sentence says why.
    """
    if len(uploads) > MOST_UPLOADS:
        raise FilesRefused("Too many uploaded files")
    if sum(len(content) for _, content in uploads) > LARGEST_IMPORT_BYTES:
        raise FilesRefused("Import exceeds 200 MiB")
    found = [package for name, content in uploads if "/" not in name for package in _read_upload(name, content)]
    folder = {checked_path(name): content for name, content in uploads if "/" in name}
    if folder:
        found += _read_folders(folder)
    if sum(len(bytes_of(file)) for package in found for file in package["files"]) > LARGEST_IMPORT_BYTES:
        raise FilesRefused("Import exceeds 200 MiB decoded")
    return found


def write_archive(packages: Iterable[Wire]) -> bytes:
    """Write an archive with a folder for each skill, named as its text says, else by its id.

    Raises:
        FilesRefused: two are named the same.
    """
    written, folders = io.BytesIO(), set()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in packages:
            name = _read_head(main_text(package["files"])).get("name")
            folder = name if isinstance(name, str) and _FOLDER.fullmatch(name) else str(package["id"])
            if folder in folders:
                raise FilesRefused("Selected skills have duplicate export directory names")
            folders.add(folder)
            for file in package["files"]:
                archive.writestr(f"{folder}/{checked_path(file['path'])}", bytes_of(file))
    return written.getvalue()


def _read_upload(name: str, content: bytes) -> list[Wire]:
    match name.lower().rpartition(".")[2]:
        case "json":
            return [_make_package(each) for each in _read_list(content)]
        case "zip" | "skill":
            return [_make_package({"files": files}) for files in _read_archive(content)]
        case "md":
            return [_make_package({"files": [make_file(MAIN, content)]})]
        case _:
            raise FilesRefused("Use JSON, ZIP, .skill, or Markdown")


def _read_list(content: bytes) -> list[Any]:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise FilesRefused(str(error)) from error
    return found if isinstance(found, list) else [found]


def _read_archive(content: bytes) -> list[list[Wire]]:
    """Read the skills of an archive: the files of each."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = _read_entries(archive)
    except zipfile.BadZipFile as error:
        raise FilesRefused(str(error)) from error
    except NotImplementedError as error:
        raise FilesRefused("Skill archive uses an unsupported compression method") from error
    roots = [""] if MAIN in entries else _outermost(entries)
    if not roots:
        raise FilesRefused("Archive contains no SKILL.md")
    if not all(path.startswith(tuple(roots)) for path in entries):
        raise FilesRefused("Archive contains files outside skill directories")
    return [_files_below(entries, root) for root in roots]


def _read_entries(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries: dict[str, bytes] = {}
    total = 0
    for info in archive.infolist():
        path = checked_path(info.filename.rstrip("/"))
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise FilesRefused("Archives cannot contain links or special files")
        if info.is_dir():
            continue
        if path in entries:
            raise FilesRefused(f"Duplicate archive path: {path}")
        total += info.file_size
        if info.file_size > 10 * 1024 * 1024 or total > LARGEST_IMPORT_BYTES or len(entries) >= _MOST_ENTRIES:
            raise FilesRefused("Archive exceeds import limits")
        if info.flag_bits & 1:
            raise FilesRefused("Encrypted skill archives are not supported")
        entries[path] = archive.read(info)
    return entries


def _read_folders(entries: dict[str, bytes]) -> list[Wire]:
    roots = _outermost(entries)
    if not roots:
        raise FilesRefused("Select a folder containing one or more non-nested skills")
    if not all(path.startswith(tuple(roots)) for path in entries):
        raise FilesRefused("Files outside skill directories")
    return [_make_package({"files": _files_below(entries, root)}) for root in roots]


def _outermost(paths: Iterable[str]) -> list[str]:
    """Find the folders that have a main file and are in no other such folder."""
    roots = sorted(path.removesuffix(MAIN) for path in paths if path.endswith(f"/{MAIN}"))
    return [root for root in roots if not any(root != other and root.startswith(other) for other in roots)]


def _files_below(entries: dict[str, bytes], root: str) -> list[Wire]:
    return [make_file(path.removeprefix(root), content) for path, content in entries.items() if path.startswith(root)]


def _make_package(given: Any) -> Wire:
    """Fill a package up from the head of its text."""
    if not isinstance(given, dict):
        raise FilesRefused("Each imported skill must be an object")
    listed = given.get("files", [{"path": MAIN, "content": given.get("content", "")}])
    if not isinstance(listed, list) or not all(_is_file(each) for each in listed):
        raise FilesRefused("files of a skill are objects with a path and a content")
    files = checked_files(listed)
    head = _read_head(main_text(files))
    name = str(given.get("name") or head.get("name") or "Imported skill")
    return {
        "id": given.get("id") or re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-") or "imported-skill",
        "name": name,
        "description": given.get("description", head.get("description", "")),
        "meta": given.get("meta") or {},
        **({"is_active": given["is_active"]} if "is_active" in given else {}),
        "files": files,
    }


def _is_file(given: Any) -> bool:
    return isinstance(given, dict) and all(isinstance(given.get(key), str) for key in ("path", "content"))


def _read_head(text: str) -> dict[str, Any]:
    """Read what stands between the opening lines of hyphens; nothing where it is no YAML."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    head = _HEAD.match(text)
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 1)  # what the real server reads
    yaml.allow_duplicate_keys = True
    try:
        found = yaml.load(head["yaml"]) if head else None
    except YAMLError:
        return {}
    except ValueError as error:
        raise FilesRefused(str(error)) from error
    return found if isinstance(found, dict) else {}
