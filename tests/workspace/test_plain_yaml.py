"""The plain part of YAML is read and written as the YAML library does, or left to it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from cochat_devkit.resource import is_same_json
from cochat_devkit.workspace.plain_yaml import read_plain, write_plain

#: pieces that are plain alone, and often are not together
PIECES = [
    "a",
    "Clock",
    "x y",
    "x: y",
    "x #y",
    " ",
    "  ",
    "-",
    "- ",
    ":",
    ": ",
    "#",
    " #",
    "'",
    "''",
    '"',
    "[",
    "]",
    "{",
    "}",
    ",",
    "?",
    "!",
]
PIECES += ["&", "*", "|", ">", "%", "@", "`", "\\", "~", "/", ".", ";", "(", ")", "+", "_", "=", "<<"]
PIECES += [
    "0",
    "7",
    "12",
    "1e3",
    "true",
    "False",
    "null",
    "yes",
    "on",
    "NaN",
    ".inf",
    "2024-01-01",
    "é",
    "中文",
    "\t",
    "\x85",
    "\u2028",
    "\ufeff",
    "\n",
]
words = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12),
    st.integers() | st.booleans() | st.none(),
)
names = st.sampled_from(["name", "access", "active", "no", "y", "null", "on", "a_b", "Name", "a1", "", "a b"])
values = st.dictionaries(names, words | st.lists(words, max_size=3), max_size=4)
line_ends = st.sampled_from(["\n", "\n", "\n", "\n\n", "", "\r\n"])


def as_text(word: object) -> str:
    """Write a word into a line as a person might, right or wrong."""
    return f"{word}".lower() if isinstance(word, bool) else f"{word}"


lines = st.one_of(
    st.builds(lambda name, word, end: f"{name}: {as_text(word)}{end}", names, words, line_ends),
    st.builds(lambda name, end: f"{name}:{end}", names, line_ends),
    st.builds(lambda word, end: f"- {as_text(word)}{end}", words, line_ends),
    st.builds(lambda word, end: f"  {as_text(word)}{end}", words, line_ends),
    st.builds(lambda name, word, end: f"{name}: '{as_text(word)}'{end}", names, words, line_ends),
)


def library() -> YAML:
    """Make the library's reader and writer, set as the sidecar's is."""
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 1 << 16
    yaml.allow_unicode = True
    return yaml


def plain(value: Any) -> Any:
    """Take the library's own types off a value."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return str(value) if isinstance(value, str) else value


def check_written(found: dict[str, Any]) -> None:
    """Compare what is written without the library with what it writes."""
    written = write_plain(found)
    if written is not None:
        stream = io.StringIO()
        library().dump(found, stream)
        assert written == stream.getvalue()
        assert is_same_json(read_plain(written), found)


def check_read(text: str) -> None:
    """Compare what is read without the library with what it reads."""
    found = read_plain(text)
    if found is not None:
        try:
            expected = library().load(text)
        except YAMLError as error:
            pytest.fail(f"the library refuses {text!r}: {error}")
        assert is_same_json(found, plain(expected)), text


@given(values)
def test_it_is_written_as_the_library_writes_it(found: dict[str, Any]) -> None:
    """Byte for byte, wherever it is written without it."""
    check_written(found)


@given(st.lists(lines, max_size=5).map("".join))
@example("name: a\nname: b\n")
@example("name: x'\n")
@example("name: '[a] it''s'\n")
def test_it_is_read_as_the_library_reads_it(text: str) -> None:
    """Whatever a person wrote: the same values, or the library is asked."""
    check_read(text)


@pytest.mark.parametrize("first", PIECES)
def test_all_pairs_of_pieces_are_as_the_library_has_them(first: str) -> None:
    """As a value, as an item, and in quotes."""
    for second in ("", *PIECES):
        word = first + second
        check_written({"name": word})
        check_written({"tools": ["a", word]})
        check_read(f"name: {word}\n")
        check_read(f"tools:\n- a\n- {word}\n")
        check_read(f"name: '{word}'\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: bench_1\naccess: public\n", {"name": "bench_1", "access": "public"}),
        ("active: true\nglobal: false\npriority: -3\n", {"active": True, "global": False, "priority": -3}),
        ("description: '[sample] Tells the time.'\n", {"description": "[sample] Tells the time."}),
        (
            "description: Tells the time.\nprompt: Say hi, e.g. to me!\n",
            {"description": "Tells the time.", "prompt": "Say hi, e.g. to me!"},
        ),
        ("description: ''\nrrule: FREQ=DAILY;INTERVAL=2\n", {"description": "", "rrule": "FREQ=DAILY;INTERVAL=2"}),
        ("tools:\n- tool/web_search\n- tool/clock\n", {"tools": ["tool/web_search", "tool/clock"]}),
    ],
)
def test_what_most_sidecars_hold_is_plain(text: str, expected: dict[str, Any]) -> None:
    """So that the library is not asked for it at all."""
    assert read_plain(text) == expected
    assert write_plain(expected) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# why\nname: a\n",
        "name: a # why\n",
        "name: yes\n",
        "name: 1.10\n",
        "name: a\n\nactive: true\n",
        "- a\n",
        "name:\n",
    ],
)
def test_what_is_not_certainly_plain_is_left_to_the_library(text: str) -> None:
    """Comments, numbers with a point, words that some take for a switch."""
    assert read_plain(text) is None
