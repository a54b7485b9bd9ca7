"""The way between a resource's name and a file's: names from a server are hostile. Pure."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from cochat_devkit.resource import make_digest

if TYPE_CHECKING:
    from collections.abc import Iterable

#: the types of pictures that have files of their own
SUFFIX_OF_PICTURE = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/svg+xml": ".svg",
}
PICTURE_SUFFIXES = (*SUFFIX_OF_PICTURE.values(), ".jpeg")
#: with suffix and sidecar well below the 255 bytes that file systems take
LONGEST_STEM_BYTES = 120
_CUT_STEM_BYTES = 80
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d|conftest|__.*__)$")
#: vowels and finals of Hangul: letters that join the letter before them
_JOINING = "[\u1160-\u11ff\ud7b0-\ud7ff]"
#: a name that is empty
_NOTHING = "%"
#: leads a name whose accents stand apart from their letters, as macOS sends them: written as one with them, which is
#: shorter than to spell them out, and can be read
_APART = "%~"
#: leads a name that would be the same file as another, where case or Unicode is folded: it has only what none folds
_SETTLED = "%-"
#: signs that some file system leaves out where it compares names
_IGNORED = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
#: signs that a file system somewhere takes for something else, and ours
_NO_FILE_SIGN = re.compile(r'[\\:*?"<>|%]')
_PLAIN = re.compile(r"[a-z0-9_-]", re.ASCII)
#: nearly every name that there is
_PLAIN_NAME = re.compile(r"[a-z0-9_-]+\Z", re.ASCII)


@functools.lru_cache(maxsize=1)
def file_stem(name: str) -> str:
    """Make a file's stem of any name: unlike names give unlike stems, on file systems that fold case and Unicode too.

    Letters, digits, `_` and `-` stand for themselves; all else is written `%XX`. A stem that would be too long is cut
    and closed by a hash; then only a sidecar's `id:` leads back to the name.
    """
    # asked three times in a row for each resource that is laid down
    is_plain = _PLAIN_NAME.match(name) is not None
    stem = name if is_plain else "".join(char if _stands_for_itself(char) else _escape(char) for char in name)
    if not name:
        return "%"
    if is_reserved(stem):
        stem = _escape(stem[0]) + stem[1:]
    return _close_stem(stem, name) if len(stem.encode()) > LONGEST_STEM_BYTES else stem


def stem_aside(name: str) -> str:
    """Make the stem that a name gets where another's file has its own: only an `id:` leads back from it, too."""
    return _close_stem(file_stem(name), name)


def _close_stem(stem: str, name: str) -> str:
    # a cut may fall into an escape: nobody reads it back
    lead = stem.encode()[:_CUT_STEM_BYTES].decode(errors="ignore").rstrip("%")
    return f"{lead}%~{make_digest(name.encode('utf-8', 'surrogatepass'))[:24]}"


def is_reserved(stem: str) -> bool:
    """Tell whether a stem means something else to Windows, Python or pytest, so that no resource's file bears it."""
    return _RESERVED.match(stem) is not None


def name_of_stem(stem: str) -> str | None:
    """Read a name back; None where the stem was cut, or is none that `file_stem` makes."""
    if _PLAIN_NAME.match(stem) and file_stem(stem) == stem:
        return stem
    try:
        name = unquote_to_bytes(unicodedata.normalize("NFC", stem)).decode("utf-8", "surrogatepass")
    except UnicodeError:
        return None
    if stem == "%":
        return ""
    return name if file_stem(name) == unicodedata.normalize("NFC", stem) else None


def tree_path(name: str) -> str:
    """Make a path of the name of a file below a resource's own folder; nothing hidden, nothing above, no drive.

    Letters, digits, blanks and most signs stand for themselves; what some file system reads otherwise is written `%XX`.
    """
    return "/".join(_tree_segment(each) for each in name.split("/"))


def tree_paths(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Make the paths of all further files of one resource: no two are one file where case or Unicode is folded.

    They come by name. Each is as `tree_path` makes it, but for those that would meet in one folder: of these the first
    in the order of characters stays so, whoever comes or goes behind it. `taken` is what lies in the folder anyway.
    """
    paths, others = {name: tree_path(name) for name in names}, {*taken}
    places = {*paths.values(), *others}
    for place in paths.values():
        while (place := place.rpartition("/")[0]) and place not in places:
            places.add(place)
    if len({fold_path(place) for place in places}) == len(places) and others.isdisjoint(paths.values()):
        return paths
    folders: dict[tuple[str, ...], set[str]] = {}
    for name in paths:
        segments = name.split("/")
        for depth, segment in enumerate(segments):
            folders.setdefault(tuple(segments[:depth]), set()).add(segment)
    settled = {folder: _settle(segments, set() if folder else others) for folder, segments in folders.items()}
    return {name: _path_among(settled, name.split("/")) for name in paths}


def name_of_tree_path(path: str) -> str:
    """Read the name back, byte for byte; a path that is not made of a name stands for itself."""
    segments = [_name_of_segment(each) for each in path.split("/")]
    return path if None in segments else "/".join(each for each in segments if each is not None)


def fold_path(path: str) -> str:
    """Fold case and Unicode at least as much as any file system does: paths that are then unlike are unlike files."""
    if path.isascii():
        return path.lower()
    folded = unicodedata.normalize("NFKC", path).upper().casefold()
    return unicodedata.normalize("NFKC", _IGNORED.sub("", folded))


def _settle(segments: set[str], taken: set[str]) -> dict[str, str]:
    """Write the names in one folder, so that none meets another, nor what is taken."""
    written = {each: _tree_segment(each) for each in segments}
    while True:
        met, moved = {fold_path(each) for each in taken}, []
        # what was moved meets nothing else that was
        for each in sorted(segments, key=lambda each: (not written[each].startswith(_SETTLED), each)):
            folded = fold_path(written[each])
            if folded in met:
                moved.append(each)
            met.add(folded)
        if not moved:
            return written
        written |= {each: _settled_segment(each) for each in moved}


def _path_among(settled: dict[tuple[str, ...], dict[str, str]], segments: list[str]) -> str:
    return "/".join(settled[tuple(segments[:depth])][each] for depth, each in enumerate(segments))


def _name_of_segment(segment: str) -> str | None:
    """Read a segment back; None where no name is written so, nor was by an earlier version."""
    lead = segment[:2]
    try:
        spelled = segment[2:] if lead in (_APART, _SETTLED) else segment
        name = unquote_to_bytes(spelled).decode("utf-8", "surrogatepass")
    except UnicodeError:
        return None
    if segment == _NOTHING:
        return ""
    if lead == _APART:
        name = unicodedata.normalize("NFD", name)
    if lead == _SETTLED:
        return name if _settled_segment(name) == segment else None
    # an earlier version did not look at what characters make of each other
    return name if segment in (_tree_segment(name), _spell_out(name)) else None


def _tree_segment(segment: str) -> str:
    plain = _spell_out(segment)
    if segment.isascii():
        return plain
    composed = unicodedata.normalize("NFC", segment)
    if composed == segment or plain == _escape(segment):
        return plain
    if unicodedata.normalize("NFD", composed) == segment:
        return _APART + _spell_out(composed)
    return _escape(segment)


def _spell_out(segment: str) -> str:
    """Write a segment sign by sign: all of it is escaped where one cannot be shown, or is not the same in NFC."""
    if not segment:
        return _NOTHING
    is_plain = segment.isprintable() and (
        segment.isascii() or all(unicodedata.normalize("NFC", char) == char for char in segment)
    )
    if not is_plain:
        return _escape(segment)
    found = _NO_FILE_SIGN.sub(lambda sign: _escape(sign[0]), segment)
    if found[0] == "." or is_reserved(found.partition(".")[0]):
        found = _escape(found[0]) + found[1:]
    if found[-1] in ". ":
        found = found[:-1] + _escape(found[-1])
    return found


def _settled_segment(segment: str) -> str:
    found = "".join(char if _is_never_folded(char) else _escape(char) for char in segment)
    return _SETTLED + (found[:-1] + _escape(found[-1]) if found[-1:] in (".", " ") else found)


def _is_never_folded(char: str) -> bool:
    if char.isascii():
        return char.isprintable() and char == char.lower() and not _NO_FILE_SIGN.match(char)
    return _stands_for_itself(char) and fold_path(char) == char


def _stands_for_itself(char: str) -> bool:
    if char.isascii():
        return bool(_PLAIN.match(char))
    folded = unicodedata.normalize("NFKC", char).casefold()
    # combining marks could join the letter before them, so two names would meet
    return (
        char.isalpha()
        and folded == char
        and unicodedata.normalize("NFD", char)[0] == char
        and unicodedata.combining(char) == 0
        and not re.match(_JOINING, char)
    )


def _escape(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))
