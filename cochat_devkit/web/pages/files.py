"""The further files of a resource: which there are, how large, and each to look at."""

from __future__ import annotations

import base64
import functools
from typing import TYPE_CHECKING, Any

from cochat_devkit.errors import BadResource, UnknownResource
from cochat_devkit.kinds import all_kinds, kind_named
from cochat_devkit.operations.attached import list_files, read_shown_file, size_in_words
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.web.formatted import language_of
from cochat_devkit.web.page import Page
from cochat_devkit.workspace.paths import file_stem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cochat_devkit.operations.attached import AttachedFile
    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.operations.ls import Shown
    from cochat_devkit.web.page import Asked, Params

#: of a longer text the beginning is shown, and a larger picture not at all
_MOST_LETTERS = 200_000
_MOST_PICTURE_BYTES = 1_000_000
#: how the pictures begin that every browser shows and that hold nothing but a picture: an SVG may hold a script
_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


class Preview(NamedTuple):
    """Hold what there is to see of a file: a text in a language, a picture as an address, or neither."""

    text: str | None = None
    language: str = ""
    picture: str | None = None
    is_cut: bool = False


def _make_list(catalogue: Catalogue, asked: Asked) -> dict[str, Any]:
    shown = catalogue.shown(asked.params["ref"])
    files = list_files(catalogue.config, shown)
    folders: dict[str, list[AttachedFile]] = {}
    for each in files:
        folders.setdefault(each.name.rpartition("/")[0], []).append(each)
    return {
        "line": shown.line,
        "folders": dict(sorted(folders.items())),
        "count": len(files),
        "total": sum(each.size_bytes or 0 for each in files),
        "lacking": sum(each.size_bytes is None for each in files),
        "size_of": size_in_words,
    }


def _make_one(catalogue: Catalogue, asked: Asked) -> dict[str, Any]:
    shown = catalogue.shown(asked.params["ref"])
    file = _find(catalogue, shown, asked.params["file"])
    fault: BadResource | None = None
    preview = Preview()
    try:
        preview = preview_of(file.name, read_shown_file(catalogue.config, shown, file.name))
    except BadResource as error:
        fault = error
    return {"line": shown.line, "file": file, "preview": preview, "fault": fault, "size_of": size_in_words}


def _find(catalogue: Catalogue, shown: Shown, stem: str) -> AttachedFile:
    for each in list_files(catalogue.config, shown):
        if file_stem(each.name) == stem:
            return each
    raise UnknownResource(f"{shown.line.ref} has no file {stem}", hint=f"cochat show {shown.line.ref}")


def preview_of(name: str, content: bytes) -> Preview:
    """Say what there is to see of a file; what is neither text nor picture has nothing."""
    media_type = next((each for begin, each in _PICTURES.items() if content.startswith(begin)), None)
    if media_type is not None:
        if len(content) > _MOST_PICTURE_BYTES:
            return Preview()
        return Preview(picture=f"data:{media_type};base64,{base64.b64encode(content).decode()}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Preview()
    if "\0" in text:
        return Preview()
    return Preview(text[:_MOST_LETTERS], language_of(name), is_cut=len(text) > _MOST_LETTERS)


@functools.cache
def _has_files(type_: str) -> bool:
    return any(type_ == kind.name and kind.digest_field for kind in all_kinds())


def _every_list(catalogue: Catalogue) -> Iterator[Params]:
    return ({"ref": each.ref} for each in catalogue.listed() if _has_files(each.type))


def names_of_files(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """List the files that have a page: (ref of what they belong to, name)."""
    lines = [each for each in catalogue.listed() if _has_files(each.type)]
    for ref, body in catalogue.bodies_of(lines).items():
        field = kind_named(ref.partition("/")[0])[0].digest_field or ""
        for name in body.get(field) or {}:
            yield ref, name


def _every_file(catalogue: Catalogue) -> Iterator[Params]:
    return ({"ref": ref, "file": file_stem(name)} for ref, name in names_of_files(catalogue))


PAGES = (
    Page("files", "r/{type}/{stem}/files.html", "files.html", _make_list, _every_list, way="Files", has_way=_has_files),
    Page("file", "f/{type}/{stem}/{file}.html", "file.html", _make_one, _every_file),
)
