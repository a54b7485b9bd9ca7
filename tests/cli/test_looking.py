"""`cochat ls` and `cochat show`: columns, order and states; what a person reads, and what a file gets to the byte."""

from __future__ import annotations

import contextlib
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.cli import main, render
from cochat_devkit.mirror.rows import Row
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.resource import Key, RemoteId, Slug, Version, digest_of_body, fingerprint_in, make_digest
from cochat_devkit.workspace.blobs import keep_blob
from tests.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://server.test"
NOTE, LOGO = "Hällo\nthere\n".encode(), b"\x89PNG\0\xff"
SOURCE = 'class Tools:\n    """Say \x1b[8mhidden\x1b[0m."""\n'
PROMPT = """# Review

**Read** <instructions>all</instructions> [here](https://x.test/\x1b]8;;https://evil.test\x07)

<!-- note -->
"""
BODIES = {
    ("tool", "clock"): {"name": "Clock", "description": "", "content": SOURCE},
    ("tool", "diary"): {"name": "日记本", "description": "", "content": "class Tools:\n    pass\n"},
    ("prompt", "review"): {"name": "Review\nrow", "command": "review", "content": PROMPT, "tags": []},
    ("knowledge", "handbook"): {
        "name": "Handbook",
        "description": "",
        "files": {"a/note.md": make_digest(NOTE), "logo.png": make_digest(LOGO), "gone.txt": make_digest(b"gone")},
    },
    ("skill", "writing"): {
        "name": "Writing",
        "content": "Write.",
        "files": {"docs/a.md": "A *file*\n", "b.bin": {"base64": "AAEC"}},
    },
}
SPECS = [
    {
        "name": "look",
        "description": "Look it up.\nLong.",
        "parameters": {
            "properties": {
                "count": {"type": "integer"},
                "query": {"type": "string"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "when": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "odd": {},
                "deep": json.loads('{"type": "array", "items": ' * 200 + "{}" + "}" * 200),
            },
            "required": ["query"],
        },
    },
    {"name": "tick"},
    "nonsense",
    {"name": None, "parameters": {"properties": ["x"]}},
]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Make a workspace whose mirror knows a few resources, and that has one new tool."""
    desk = Desk(tmp_path)
    desk.cochat("init", "--url", URL)
    rows, bodies = [], []
    for day, ((kind, slug), body) in enumerate(BODIES.items(), 1):
        digest = digest_of_body("", body)
        rows.append(
            Row(
                Key(kind, Slug(slug)),
                "",
                RemoteId(slug),
                remote_fingerprint=fingerprint_in(digest),
                remote_digest=digest,
                version=Version(f"v{day}"),
                updated_at=datetime(2026, 1, 9 - day, tzinfo=UTC),
                derived={"specs": SPECS} if slug == "clock" else None,
            )
        )
        bodies.append(("", body))
    with MirrorStore(desk.path("mirror.db")) as store:
        facts = {"user_id": "u1", "role": "admin", "dialect": "owui-0.12", "server_version": "0.12.4"}
        store.remember(store.enter_scope("main", url=URL, **facts), rows=rows, bodies=bodies)
    keep_blob(tmp_path, NOTE)
    keep_blob(tmp_path, LOGO)
    desk.path("plugins/tools").mkdir(parents=True, exist_ok=True)
    desk.path("plugins/tools/fresh.py").write_text("class Tools:\n    pass\n", encoding="utf-8")
    return desk


class Terminal(io.StringIO):
    """A terminal as a person has it, as far as a program can tell."""

    def isatty(self) -> bool:
        return True


def read(desk: Desk, *words: str) -> str:
    """Read at a terminal what a command says."""
    out = Terminal()
    with (
        contextlib.chdir(desk.folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(out),
        contextlib.suppress(SystemExit),
    ):
        main(words)
    return out.getvalue()


def plain(text: str) -> str:
    """Take out colours of our own."""
    for code in ("0", "1", "36"):
        text = text.replace(f"\x1b[{code}m", "")
    return text


def refs(desk: Desk, *words: str) -> list[str]:
    return [line.split("  ")[0] for line in desk.cochat("ls", *words).out.splitlines()[1:]]


def test_columns_of_my_choice(desk: Desk) -> None:
    """I choose what I see, in which order."""
    lines = desk.cochat("ls", "tool/*", "--columns", "name,version,ref").out.splitlines()
    assert lines == [
        "name    version  ref",
        "Clock   v1       tool/clock",
        "日记本  v2       tool/diary",
        "fresh            tool/fresh",
    ]
    assert desk.cochat("ls", "tool/clock", "--columns", "updated").out == "updated\n2026-01-08 00:00\n".replace(
        "2026-01-08 00:00", f"{datetime(2026, 1, 8, tzinfo=UTC).astimezone():%Y-%m-%d %H:%M}"
    )
    told = desk.cochat("ls", "--columns", "name,size", expected=2).err
    assert "there is no column 'size'" in told
    assert "hint:  columns: ref, type, name, state, path, version, updated" in told


def test_an_order_of_my_choice(desk: Desk) -> None:
    """What changed last comes first when I ask so, and what has no such value comes last, either way."""
    oldest = ["skill/writing", "knowledge/handbook", "prompt/review", "tool/diary", "tool/clock"]
    assert refs(desk, "--sort", "updated") == [*oldest, "tool/fresh"]
    assert refs(desk, "--sort", "-updated") == [*reversed(oldest), "tool/fresh"]
    assert refs(desk, "--sort", "-name", "--kind", "tool") == ["tool/diary", "tool/fresh", "tool/clock"]
    assert [each["ref"] for each in desk.json("ls", "--sort", "updated").json["items"]][:5] == oldest
    assert "there is no column 'size'" in desk.cochat("ls", "--sort", "size", expected=2).err


def test_states_narrow(desk: Desk) -> None:
    """I list what is in a state, by a word of it."""
    assert refs(desk, "--state", "new here") == ["tool/fresh"]
    assert refs(desk, "--state", "here") == ["tool/fresh"]
    assert len(refs(desk, "--state", "THERE", "--state", "here")) == 6
    done = desk.cochat("ls", "--state", "edited")
    assert (done.out, done.err) == ("", "nothing is in such a state; there are: new here, new there\n")
    assert desk.json("ls", "--state", "edited").json["counts"] == {"listed": 0}


def test_a_name_is_one_cell(desk: Desk) -> None:
    """A name with a line break is no second row, and wide characters take two columns."""
    lines = desk.cochat("ls", "--columns", "name,ref").out.splitlines()
    assert len(lines) == 7
    assert "Review row  prompt/review" in lines
    assert render.width_of("日记a\u0301") == 5


@given(st.lists(st.tuples(*[st.one_of(st.none(), st.text(), st.sampled_from(['a"b', "\\", "\x7f\u2028", "a"]))] * 2)))
def test_a_list_of_rows_is_the_json_of_its_objects(rows: list[tuple[str | None, str | None]]) -> None:
    """My scripts read a list of any names, and cannot tell that it is written in columns."""
    value, names = {"command": "ls", "counts": {}}, ('na"me', "path")
    with contextlib.redirect_stdout(io.StringIO()) as in_columns:
        render.out_json_rows(value, names, rows)
    with contextlib.redirect_stdout(io.StringIO()) as one_by_one:
        render.out_json({**value, "items": [dict(zip(names, row, strict=True)) for row in rows]})
    assert in_columns.getvalue() == one_by_one.getvalue()


def test_what_the_model_sees(desk: Desk) -> None:
    """I read a tool's methods as a list: name, parameters with their types, description; whatever a server sends."""
    out = desk.cochat("show", "tool/clock").out
    assert "what the model sees\n" in out
    seen = out.split("what the model sees\n")[1].split("\n\n")[0].splitlines()
    assert seen == [
        (
            "  look(query: string, count?: integer, deep?: array of array of array of array of array of any, "
            "odd?: any, tags?: array of string, when?: string | null) — Look it up."
        ),
        "  tick()",
        "  ?()",
    ]


def test_a_pipe_gets_the_text_as_it_is(desk: Desk) -> None:
    """What I redirect into a file is the text, to the byte."""
    assert desk.cochat("show", "tool/clock", "--source").out == SOURCE
    assert desk.cochat("show", "prompt/review", "--source").out == PROMPT
    assert PROMPT.removesuffix("\n") in desk.cochat("show", "prompt/review").out


def test_a_terminal_gets_markdown_set(desk: Desk) -> None:
    """A prompt is set as Markdown where I read it; nothing of it is left out, and no link or escape of it is obeyed."""
    out = read(desk, "show", "prompt/review")
    assert "# Review" not in out
    assert "**Read**" not in out
    assert "\x1b[1mRead\x1b[0m" in out
    told = plain(out)
    assert "<instructions>all</instructions>" in told
    assert "<!-- note -->" in told
    assert "\x1b]" not in out
    assert "\x07" not in out
    assert "cochat deps prompt/review" in told


def test_a_terminal_obeys_nothing_of_a_source(desk: Desk) -> None:
    """A source that hides its own lines by codes of the terminal is shown with these codes spelled out."""
    for words in (("show", "tool/clock"), ("show", "tool/clock", "--source")):
        out = read(desk, *words)
        assert "\x1b[8m" not in out
        assert "\\x1b[8m" in out


def test_the_files_of_a_knowledge_base(desk: Desk) -> None:
    """I see which files a base has and how large they are, and read one."""
    out = desk.cochat("show", "knowledge/handbook").out
    assert "files\n  a/note.md  13 B\n  gone.txt   not here\n  logo.png   6 B\n" in out
    assert make_digest(NOTE) not in out
    items = desk.json("show", "knowledge/handbook").json["files"]
    assert items == [
        {"name": "a/note.md", "size_bytes": 13, "digest": make_digest(NOTE)},
        {"name": "gone.txt", "size_bytes": None, "digest": make_digest(b"gone")},
        {"name": "logo.png", "size_bytes": 6, "digest": make_digest(LOGO)},
    ]
    assert desk.cochat("show", "knowledge/handbook", "--file", "a/note.md").out == NOTE.decode()
    told = desk.json("show", "knowledge/handbook", "--file", "a/note.md").json
    assert (told["file"], told["size_bytes"], told["text"]) == ("a/note.md", 13, NOTE.decode())
    assert desk.json("show", "knowledge/handbook", "--file", "logo.png").json["text"] is None


def test_the_files_of_a_skill(desk: Desk) -> None:
    """Further files of a skill are listed and read in the same way."""
    assert "files\n  b.bin      3 B\n  docs/a.md  9 B\n" in desk.cochat("show", "skill/writing").out
    assert desk.cochat("show", "skill/writing", "--file", "docs/a.md").out == "A *file*\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("knowledge/handbook", "--file", "none.md"), "knowledge/handbook has no file none.md"),
        (("tool/clock", "--file", "a"), "tool/clock has no file a"),
        (("knowledge/handbook", "--file", "gone.txt"), "the bytes of gone.txt are not here"),
        (("knowledge/handbook", "--file", "a", "--source"), "--source and --file are two things"),
    ],
)
def test_a_file_that_cannot_be_shown_is_told(desk: Desk, words: tuple[str, ...], told: str) -> None:
    """I learn why, and what to type."""
    done = desk.cochat("show", *words, expected=None)
    assert done.exit_code in (1, 2)
    assert told in done.err
    assert "hint:" in done.err


def test_bytes_go_into_a_file(desk: Desk, tmp_path: Path) -> None:
    """What is no text comes out of a pipe to the byte, and stays off a terminal."""
    import subprocess
    import sys

    words = [sys.executable, "-m", "cochat_devkit", "show", "knowledge/handbook", "--file", "logo.png"]
    done = subprocess.run(words, cwd=desk.folder, capture_output=True, timeout=60, check=True)
    assert done.stdout == LOGO
    assert "\x89" not in read(desk, "show", "knowledge/handbook", "--file", "logo.png")
