"""`cochat.lock`: what files and servers last agreed on, one line for each target and resource, kept in git."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import unquote

from cochat_devkit.errors import BadResource, UnknownKind, UsageError
from cochat_devkit.kinds import parse_ref, ref_of
from cochat_devkit.resource import EMPTY, Fingerprint, RemoteId, Version
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.workspace.files import LOCK, inside, read_file, write_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cochat_devkit.resource import Key

PATH = LOCK
FORMAT = 1
#: stands where a resource's address would: the line is about the target itself
_TARGET_ITSELF = "."
_HEAD = re.compile(r"# cochat\.lock (\d+)\b")
_MARKER = re.compile(r"(<{7}|>{7}|\|{7})( |$)|={7}$")
_ESCAPED = re.compile(r"[^\w.~/@:+*,-]", re.ASCII)
_WORDS = ("id", "version", "here", "there")


class Entry(NamedTuple):
    """Hold what one line says of a resource on a target: the base, and the files that said it.

    `files` has the git blob hash of each text file by its path, the main file first; "" where nobody knows it.
    `more` is what a newer version wrote into the line.
    """

    key: Key
    type: str
    remote_id: RemoteId
    here: Fingerprint
    there: Fingerprint
    version: Version | None = None
    files: Mapping[str, str] = EMPTY
    more: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> str | None:
        """Name the main file."""
        return next(iter(self.files), None)


class TargetLines(NamedTuple):
    """Hold what a lock says of one target: the address of its server, and its resources."""

    url: str
    entries: Mapping[Key, Entry] = EMPTY


class Lock(NamedTuple):
    """Hold a whole lock; `unknown` are the lines of a newer format, kept as they are."""

    targets: Mapping[str, TargetLines] = EMPTY
    unknown: tuple[str, ...] = ()
    format: int = FORMAT

    def with_target(self, name: str, lines: TargetLines) -> Lock:
        """Put other lines in the place of a target's."""
        return self._replace(targets={**self.targets, name: lines})


def parse_lock(text: str) -> Lock:
    """Read a lock; the order of its lines does not matter.

    Raises:
        BadResource: a merge in git left markers or two lines about the same, or a line is none.
    """
    head = _HEAD.match(text)
    found = int(head[1]) if head else FORMAT
    urls: dict[str, str] = {}
    entries: dict[str, dict[Key, Entry]] = {}
    unknown: list[str] = []
    seen: dict[tuple[str, object], int] = {}
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if _MARKER.match(line):
            raise BadResource(f"{PATH}:{number}: a merge in git was not finished: {line[:20]}", hint=_UNFINISHED)
        if not line or _HEAD.match(line):
            continue
        target, about, words = _split(line)
        if about == _TARGET_ITSELF and set(words) == {"url"}:
            subject: object = _TARGET_ITSELF
            urls[target] = words["url"]
        elif (entry := _to_entry(about, words)) is not None:
            subject = entry.key
            entries.setdefault(target, {})[entry.key] = entry
        elif found > FORMAT or _is_of_unknown_kind(about):
            subject = line
            unknown.append(line)
        else:
            raise BadResource(f"{PATH}:{number}: this line says nothing: {line[:60]}", hint=_DELETE)
        first = seen.setdefault((target, subject), number)
        if first != number:
            raise BadResource(f"{PATH}:{number}: line {first} is about the same resource", hint=_TWICE)
    names = dict.fromkeys((*urls, *entries))
    return Lock({name: TargetLines(urls.get(name, ""), entries.get(name, {})) for name in names}, tuple(unknown), found)


_UNFINISHED = (
    "take all lines of both sides, without the markers; of two lines about one resource, one; then: cochat pull"
)
_TWICE = "keep the line whose files you kept, or delete both; then: cochat pull"
_DELETE = "delete the line; the next cochat pull adopts what is equal and asks about the rest"


def render_lock(lock: Lock) -> str:
    """Write a lock: sorted lines, the same bytes for the same facts."""
    lines = list(lock.unknown)
    for name, target in lock.targets.items():
        if target.url:
            lines.append(f"{_escape(name)} {_TARGET_ITSELF} url={_escape(target.url)}")
        lines += [_to_line(name, entry) for entry in target.entries.values()]
    head = f"# cochat.lock {lock.format}: what files and servers last agreed on. Written by cochat; keep it in git."
    return "".join(f"{line}\n" for line in (head, *sorted(lines)))


def read_lock(root: Path) -> Lock | None:
    """Read a workspace's lock; None where there is none.

    Raises:
        BadResource: it cannot be read.
    """
    content = read_file(root, PATH)
    if content is None:
        return None
    try:
        return parse_lock(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadResource(f"{PATH} is no UTF-8", hint=f"git checkout {PATH}") from error


def read_entries_about(root: Path, slugs: Iterable[str]) -> list[tuple[str, Entry]]:
    """Read the lines about resources of these slugs, without reading the others: (address of the server, entry).

    Of a lock that git left half merged, the lines of both sides.
    """
    wanted = set(slugs)
    urls: dict[str, str] = {}
    found: list[tuple[str, Entry]] = []
    for line in (read_file(root, PATH) or b"").decode("utf-8", "replace").splitlines():
        about = unquote(line.partition(" ")[2].partition(" ")[0])
        if about != _TARGET_ITSELF and about.partition("/")[2] not in wanted:
            continue
        target, _, words = _split(line)
        if about == _TARGET_ITSELF:
            urls[target] = words.get("url", "")
        elif (entry := _to_entry(about, words)) is not None:
            found.append((target, entry))
    return [(urls.get(target, ""), entry) for target, entry in found]


def lock_written_ns(root: Path) -> int:
    """Say when the lock was last written, in nanoseconds since 1970; 0 where there is none."""
    try:
        return inside(root, PATH).lstat().st_mtime_ns
    except OSError:
        return 0


def write_lock(root: Path, lock: Lock) -> bytes:
    """Write a lock in one step, if it says something new: what it says.

    Raises:
        CannotWrite: the disk refuses; the lock is as it was.
    """
    before = read_file(root, PATH)
    after = render_lock(lock).encode()
    if after != before:
        write_file(root, PATH, after, expected=before)
    return after


def _split(line: str) -> tuple[str, str, dict[str, str]]:
    """Take a line apart: (target, what it is about, its words in order)."""
    target, _, rest = line.partition(" ")
    about, _, rest = rest.partition(" ")
    words = {}
    for word in rest.split():
        name, _, value = word.partition("=")
        words[unquote(name)] = unquote(value)
    return unquote(target), unquote(about), words


def _to_entry(about: str, words: Mapping[str, str]) -> Entry | None:
    try:
        key, type_ = parse_ref(about)
    except UsageError:
        return None
    if not {"id", "here", "there"} <= set(words):
        return None
    return Entry(
        key=key,
        type=type_ or "",
        remote_id=RemoteId(words["id"]),
        here=Fingerprint(words["here"]),
        there=Fingerprint(words["there"]),
        version=Version(words["version"]) if "version" in words else None,
        files={name: value for name, value in words.items() if "/" in name},
        more=tuple((name, value) for name, value in words.items() if "/" not in name and name not in _WORDS),
    )


def _is_of_unknown_kind(about: str) -> bool:
    try:
        parse_ref(about)
    except UnknownKind:
        return True
    except UsageError:
        return False
    return False


def _to_line(target: str, entry: Entry) -> str:
    words = [("id", entry.remote_id), ("here", entry.here), ("there", entry.there)]
    if entry.version is not None:
        words.append(("version", entry.version))
    main, *others = entry.files.items() or [("", "")]
    words += [*entry.more, main, *sorted(others)]
    about = (target, ref_of(entry.key, entry.type))
    # nearly every line is of plain letters alone: one look tells
    is_plain = _ESCAPED.search("".join((*about, *chain.from_iterable(words)))) is None
    write = str if is_plain else _escape
    said = (f"{write(name)}={write(value)}" for name, value in words if name)
    return " ".join((*map(write, about), *said))


def _escape(text: str) -> str:
    """Write a text as one word; what is no plain letter as `%XX`."""
    if text.isascii() and text.isalnum():
        return text
    return _ESCAPED.sub(
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass")), text
    )
