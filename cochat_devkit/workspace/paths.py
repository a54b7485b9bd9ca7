"""The way between a resource's name and a file's: names from a server are hostile. Pure."""

from __future__ import annotations

import functools
import re
import unicodedata
from urllib.parse import unquote_to_bytes

from cochat_devkit.resource import make_digest

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
    if len(stem.encode()) > LONGEST_STEM_BYTES:
        # a cut may fall into an escape: nobody reads it back
        lead = stem.encode()[:_CUT_STEM_BYTES].decode(errors="ignore").rstrip("%")
        return f"{lead}%~{make_digest(name.encode('utf-8', 'surrogatepass'))[:24]}"
    return stem


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


def name_of_tree_path(path: str) -> str:
    """Read the name back; a path that `tree_path` does not make stands for itself."""
    plain = unicodedata.normalize("NFC", path)
    try:
        name = "/".join(_name_of_segment(each) for each in plain.split("/"))
    except UnicodeError:
        return plain
    return name if tree_path(name) == plain else plain


def _name_of_segment(segment: str) -> str:
    return "" if segment == _NOTHING else unquote_to_bytes(segment).decode("utf-8", "surrogatepass")


def _tree_segment(segment: str) -> str:
    found = "".join(
        char if char.isprintable() and unicodedata.normalize("NFC", char) == char else _escape(char) for char in segment
    )
    found = _NO_FILE_SIGN.sub(lambda sign: _escape(sign[0]), found) if found == segment else _escape(segment)
    if not segment:
        return _NOTHING
    if found[0] == "." or is_reserved(found.partition(".")[0]):
        found = _escape(found[0]) + found[1:]
    if found[-1] in ". ":
        found = found[:-1] + _escape(found[-1])
    return found


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
