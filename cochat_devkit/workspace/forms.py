"""The forms of a resource on disk: its files from its body, and its body from its files. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from cochat_devkit.errors import BadResource
from cochat_devkit.kinds.kind import FileForm, StatedIn
from cochat_devkit.resource import Key, Resource, Slug
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.workspace.paths import (
    SUFFIX_OF_PICTURE,
    file_stem,
    name_of_stem,
    name_of_tree_path,
    stem_aside,
    tree_paths,
)
from cochat_devkit.workspace.sidecar import BOM, ID, parse_sidecar, render_sidecar, states_nothing, to_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.resource import Body, Json

Held = TypeVar("Held")
#: the head of a file that states fields: two lines of three hyphens, and YAML between them
_HEAD = re.compile(rf"{BOM}?---[ \t]*\r?\n(?P<yaml>.*?)(?:^)---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_PICTURE = re.compile(r"data:(image/[a-z.+-]+);base64,([A-Za-z0-9+/=]+)\Z")
_TYPE_OF = {suffix: type_ for type_, suffix in SUFFIX_OF_PICTURE.items()} | {".jpeg": "image/jpeg"}


def path_for(kind: Kind, type_: str, slug: Slug) -> str:
    """Name the main file of a new resource."""
    return _main_path(kind, type_, file_stem(slug))


def path_aside(kind: Kind, type_: str, slug: Slug) -> str:
    """Name the main file of a new resource where another's lies at its path: the same one for everybody."""
    return _main_path(kind, type_, stem_aside(slug))


def _main_path(kind: Kind, type_: str, stem: str) -> str:
    form, folder = form_of(kind), kind.folder_of(type_)
    return f"{folder}/{stem}/{form.main}" if form.main else f"{folder}/{stem}{form.suffix}"


def sidecar_path_of(kind: Kind, path: str) -> str | None:
    """Name the sidecar of a main file; None where the main file states everything."""
    form = form_of(kind)
    if form.stated_in is not StatedIn.SIDECAR:
        return None
    stem = path.removesuffix(f"/{form.main}" if form.main else form.suffix)
    return f"{stem}{form.sidecar_suffix}"


def tree_folder_of(kind: Kind, path: str) -> str | None:
    """Name the folder of a resource's further files; None where it has none."""
    form = form_of(kind)
    if form.tree_field is None:
        return None
    parent, folder = path.rpartition("/")[0], form.tree_folder
    return f"{parent}/{folder}" if folder else parent


def tree_places(kind: Kind, path: str, names: Iterable[str]) -> dict[str, str]:
    """Say where all further files of a resource lie, by name; `path` is its main file's."""
    lead = f"{tree_folder_of(kind, path)}/"
    main = [path.removeprefix(lead)] if path.startswith(lead) else []
    return {name: lead + place for name, place in tree_paths(names, main).items()}


def stem_of(kind: Kind, path: str) -> str:
    """Take the stem that stands for the name out of a main file's path."""
    form = form_of(kind)
    return path.removesuffix(f"/{form.main}" if form.main else form.suffix).rpartition("/")[2]


def form_of(kind: Kind) -> FileForm:
    """Take the form of a kind that has files; a LookupError is our own bug."""
    if kind.form is None:
        raise LookupError(f"a {kind.name} has no files")
    return kind.form


def parse_files(
    kind: Kind, type_: str, path: str, files: Mapping[str, bytes], tree: Mapping[str, str]
) -> tuple[Resource, set[str]]:
    """Read a resource out of its files: (the resource, the pictures among them).

    `files` has main file, sidecar and whatever lies beside them, by path; `tree` the digests of further files by their
    path below the tree's folder, where the kind keeps those by digest.

    Raises:
        BadResource: a file is no UTF-8, or says what cannot be.
    """
    text = decode(files[path], path)
    sidecar_path = sidecar_path_of(kind, path)
    if sidecar_path is not None:
        shown, stated_text, source = sidecar_path, _decode_if_there(files, sidecar_path), text
    else:
        head, source = split_head(text) if form_of(kind).stated_in is StatedIn.FRONT_MATTER else (text, "")
        shown, stated_text = path, head
    stated = parse_sidecar(kind, stated_text, shown) if stated_text is not None else {}
    slug = Slug(stated.pop(ID, None) or _name_of(stem_of(kind, path)))
    pictures = _load_pictures(kind, path, files, stated, shown)
    body = to_body(kind, slug, source, stated)
    form = form_of(kind)
    if form.tree_field:
        body[form.tree_field] = dict(sorted(tree.items())) if form.tree_by_digest else _tree_inline(kind, path, files)
    return Resource(Key(kind.name, slug), body, type_), pictures


def render_files(kind: Kind, resource: Resource, path: str, present: Mapping[str, bytes]) -> dict[str, bytes]:
    """Write the files of a resource, but for those that are kept by digest.

    `present` is what lies there: what is true of it stays as its author wrote it.

    Raises:
        BadResource: the resource cannot be a file.
    """
    slug, form = resource.key.slug, form_of(kind)
    states_id = name_of_stem(stem_of(kind, path)) != slug
    body, pictures = _save_pictures(form, path, resource.body)
    text = kind.text
    source = str(body[text.name]) if text else ""
    files = dict(pictures)
    if form.tree_field and not form.tree_by_digest:
        files |= _tree_files(kind, path, body[form.tree_field], resource.key)
    sidecar_path = sidecar_path_of(kind, path)
    if sidecar_path is not None:
        files[path] = _source_bytes(kind, source, present.get(path), resource.key)
        rendered = render_sidecar(kind, slug, body, _decode_if_there(present, sidecar_path), states_id=states_id)
        if rendered is not None:
            files[sidecar_path] = encode(rendered, resource.key)
        return files
    shown = _decode_if_there(present, path)
    if form.stated_in is StatedIn.WHOLE:
        rendered = render_sidecar(kind, slug, body, shown, states_id=states_id)
        files[path] = encode(rendered or "{}\n", resource.key)
        return files
    head = split_head(shown)[0] if shown is not None else None
    rendered = render_sidecar(kind, slug, body, head, states_id=states_id)
    files[path] = encode(join_head(rendered, source, shown), resource.key)
    return files


class Silence(NamedTuple):
    """Name a file that says nothing where it could: which, what it lacks, and how an author says nothing on purpose."""

    path: str
    what: str
    on_purpose: str


_ON_PURPOSE = {
    StatedIn.SIDECAR: "delete it",
    StatedIn.FRONT_MATTER: "begin it with two lines of three hyphens",
    StatedIn.WHOLE: "write {} into it",
}


def find_silences(kind: Kind, path: str, files: Mapping[str, bytes]) -> list[Silence]:
    """Find which of the files that state something are empty, or lack the head that their form has.

    Raises:
        BadResource: a file is no UTF-8, or no YAML.
    """
    form = form_of(kind)
    beside = sidecar_path_of(kind, path)
    told = {each: decode(files[each], each) for each in (path, beside) if each is not None and each in files}
    on_purpose = _ON_PURPOSE[form.stated_in]
    found = [Silence(each, "is empty", on_purpose) for each, text in told.items() if _is_blank(text)]
    stated = path if form.stated_in is StatedIn.WHOLE else beside
    if stated in told and not _is_blank(told[stated]) and states_nothing(told[stated], stated):
        found.append(Silence(stated, "says nothing", on_purpose))
    if (form.stated_in is StatedIn.FRONT_MATTER or form.text_has_head) and split_head(told[path])[0] is None:
        found.append(Silence(path, "has no head", _ON_PURPOSE[StatedIn.FRONT_MATTER]))
    return found


def _is_blank(text: str) -> bool:
    """Tell whether a text is one that nobody wrote: a full disk leaves nothing, a loss of power zeros."""
    return not text.removeprefix(BOM).replace("\0", "").strip()


def split_head(text: str) -> tuple[str | None, str]:
    """Part a file into the YAML of its head and the text behind it; None where it has no head.

    A byte order mark before all is neither.
    """
    found = _HEAD.match(text)
    return (found["yaml"], text[found.end() :]) if found else (None, text.removeprefix(BOM))


def join_head(head: str | None, source: str, shown: str | None = None) -> str:
    """Put a head before a text; its lines of hyphens stay as `shown` has them, and so does a byte order mark.

    None is put where none is needed.
    """
    if shown is not None and (found := _HEAD.match(shown)) and (head or "") == found["yaml"]:
        return shown[: found.end()] + source if found[0].endswith("\n") or not source else f"{found[0]}\n{source}"
    mark = BOM if shown is not None and shown.startswith(BOM) else ""
    if not head and split_head(source) == (None, source):
        return mark + source
    end = "\r\n" if head and "\r\n" in head else "\n"
    lead = head or ""
    lead += end if lead and not lead.endswith("\n") else ""
    return f"{mark}---{end}{lead}---{end}{source}"


def decode(content: bytes, shown: str) -> str:
    """Read UTF-8.

    Raises:
        BadResource: it is none; the line is told.
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadResource(f"{shown}:{line}: this is no UTF-8", hint="save the file as UTF-8") from error


def encode(text: str, key: Key) -> bytes:
    """Write UTF-8.

    Raises:
        BadResource: the text has halves of characters.
    """
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadResource(
            f"{key}: its text is no Unicode that a file can hold", hint="mend it on the server"
        ) from error


def _source_bytes(kind: Kind, source: str, present: bytes | None, key: Key) -> bytes:
    """Keep the author's own writing of a source that is the same once a server stores it."""
    if present is not None and (text := kind.text) and text.codec.parse(decode(present, str(key))) == source:
        return present
    return encode(source, key)


def _decode_if_there(files: Mapping[str, bytes], path: str) -> str | None:
    return decode(files[path], path) if path in files else None


def _name_of(stem: str) -> str:
    name = name_of_stem(stem)
    return stem if name is None else name


def _load_pictures(kind: Kind, path: str, files: Mapping[str, bytes], stated: dict[str, Json], shown: str) -> set[str]:
    """Exchange the names of pictures for their bytes."""
    found: set[str] = set()
    for name in form_of(kind).pictures:
        value = stated.get(name)
        type_ = _TYPE_OF.get(PurePosixPath(value).suffix.lower()) if isinstance(value, str) else None
        if not isinstance(value, str) or type_ is None or "/" in value or ":" in value:
            continue
        place = str(PurePosixPath(path).parent / value)
        if place not in files:
            raise BadResource(f"{shown}: {name} names {value}, which is not there", hint="put the picture beside it")
        if not files[place]:
            raise BadResource(f"{place} is empty", hint=f"restore the picture, or take {name} out of {shown}")
        stated[name] = f"data:{type_};base64,{base64.b64encode(files[place]).decode('ascii')}"
        found.add(place)
    return found


def _save_pictures(form: FileForm, path: str, body: Body) -> tuple[Body, dict[str, bytes]]:
    """Exchange the bytes of pictures for their names: (the body to be stated, the pictures by path)."""
    stated, files = dict(body), {}
    for name in form.pictures:
        found = _PICTURE.match(body[name]) if isinstance(body[name], str) else None
        suffix = SUFFIX_OF_PICTURE.get(found[1]) if found else None
        content = _unpack(found[2]) if found and suffix else None
        if content is None:
            continue
        place = PurePosixPath(path).with_suffix(suffix or "")
        stated[name] = place.name
        files[str(place)] = content
    return stated, files


def _unpack(packed: str) -> bytes | None:
    """Take base64 apart, where putting it together again would give the same."""
    try:
        content = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if base64.b64encode(content).decode("ascii") == packed else None


def _tree_inline(kind: Kind, path: str, files: Mapping[str, bytes]) -> Json:
    """Read further files into the body: texts as they are, all else as base64."""
    folder = f"{tree_folder_of(kind, path)}/"
    found: dict[str, Json] = {}
    for name, content in by_name(folder, {place: files[place] for place in sorted(files) if place != path}).items():
        try:
            found[name] = content.decode("utf-8")
        except UnicodeDecodeError:
            found[name] = {"base64": base64.b64encode(content).decode("ascii")}
    return found


def by_name(folder: str, files: Mapping[str, Held]) -> dict[str, Held]:
    """Name further files as the server does: by the names that their paths below a folder stand for.

    Raises:
        BadResource: two of them are files of one name.
    """
    found: dict[str, Held] = {}
    places: dict[str, str] = {}
    for place, held in files.items():
        if place.startswith(folder):
            name = name_of_tree_path(place.removeprefix(folder))
            if name in found:
                raise BadResource(
                    f"{places[name]} and {place} are both the file {name!r} of the server's",
                    hint="keep one of them, or give one another name",
                )
            found[name], places[name] = held, place
    return found


def _tree_files(kind: Kind, path: str, tree: Mapping[str, Json], key: Key) -> dict[str, bytes]:
    places = tree_places(kind, path, tree)
    return {
        places[name]: encode(each, key) if isinstance(each, str) else base64.b64decode(each["base64"])
        for name, each in tree.items()
    }
