"""The plain part of YAML, `name: word` and lists of words, read and written as the library does, but ten times faster.

Most sidecars hold nothing else, and a pull writes and reads one for each resource. What is not certainly plain is left
to the library: None says so. Checked against it by tests/workspace/test_plain_yaml.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.resource import Json

_NAME = re.compile(r"[a-z][a-z_]{0,39}\Z")
#: a text that needs no quotes: it begins with a letter, ends with one or as a sentence does, and no sign in it means
#: anything to YAML there
_BARE = re.compile(r"[A-Za-z/](?:[A-Za-z0-9 _./,()+'=;@%&*!-]{0,400}[A-Za-z0-9).!])?\Z")
#: a text that needs quotes, and nothing but them
_QUOTED = re.compile(r"(?:[\[{][!-&(-~](?:[ -&(-~]{0,400}[!-&(-~])?)?\Z")
_WHOLE = re.compile(r"(?:0|-?[1-9][0-9]{0,15})\Z")
#: words that are no text to some reader of YAML
_NO_TEXT = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
_SWITCH = {"true": True, "false": False}


def read_plain(text: str) -> dict[str, Json] | None:
    """Read a mapping; None where the library is to read it."""
    if not text.endswith("\n"):
        return None
    found: dict[str, Json] = {}
    items: list[Json] | None = None
    for line in text[:-1].split("\n"):
        if line.startswith("- ") and items is not None:
            items.append(_read_word(line[2:]))
            if items[-1] is None:
                return None
            continue
        name, colon, word = line.partition(":")
        if not colon or name in found or name in _NO_TEXT or not _NAME.match(name) or items == []:
            return None
        items = None if word else []
        found[name] = items if items is not None else _read_word(word[1:]) if word[0] == " " else None
        if found[name] is None:
            return None
    return None if items == [] else found


def write_plain(values: Mapping[str, Json]) -> str | None:
    """Write a mapping; None where the library is to write it."""
    lines: list[str] = []
    for name, value in values.items():
        if name in _NO_TEXT or not _NAME.match(name) or value == []:
            return None
        words = [_write_word(each) for each in value] if isinstance(value, list) else [_write_word(value)]
        if None in words:
            return None
        lines += [f"{name}:", *(f"- {word}" for word in words)] if isinstance(value, list) else [f"{name}: {words[0]}"]
    return "".join(f"{line}\n" for line in lines) if lines else None


def _read_word(word: str) -> Json:
    if len(word) > 1 and word[0] == word[-1] == "'" and _QUOTED.match(word[1:-1]):
        return word[1:-1]
    if word in _SWITCH:
        return _SWITCH[word]
    if _is_bare(word):
        return word
    return int(word) if _WHOLE.match(word) else None


def _write_word(value: Json) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if _WHOLE.match(str(value)) else None
    if not isinstance(value, str):
        return None
    if _is_bare(value):
        return value
    return f"'{value}'" if _QUOTED.match(value) else None


def _is_bare(word: str) -> bool:
    return bool(_BARE.match(word)) and word.lower() not in _NO_TEXT
