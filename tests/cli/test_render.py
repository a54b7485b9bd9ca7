"""What reaches a terminal: colours of our own, and nothing that a text of somebody else's would have it do."""

from __future__ import annotations

import contextlib
import io
import re
from functools import partial
from typing import TYPE_CHECKING

import click
import pytest

from cochat_devkit.cli import render
from cochat_devkit.errors import UsageError
from cochat_devkit.events import Notice

if TYPE_CHECKING:
    from collections.abc import Callable

HIDDEN = "kept \x1b[8mhidden\x1b[0m \x1b]0;title\x07 \u202egnp"
SPELLED = r"kept \x1b[8mhidden\x1b[0m \x1b]0;title\x07 \x202egnp"


class Terminal(io.StringIO):
    """A stream that a person reads."""

    def isatty(self) -> bool:
        return True


def shown(say: Callable[[], object], stream: io.StringIO) -> str:
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        say()
    return stream.getvalue()


def say_notice() -> None:
    with render.Talk() as talk:
        talk._bar = None
        talk.emit(Notice(HIDDEN, HIDDEN))


def say_question() -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.stdin", io.StringIO())
        with pytest.raises(click.Abort):
            render.ask(HIDDEN)


SAYINGS: dict[str, Callable[[], object]] = {
    "out": lambda: render.out(HIDDEN),
    "err": lambda: render.err(HIDDEN),
    "out_line": lambda: render.out_line(HIDDEN),
    "out_exact": lambda: render.out_exact(HIDDEN),
    "out_json": lambda: render.out_json({"name": HIDDEN}),
    "out_diff": lambda: render.out_diff([f"+{HIDDEN}", f" {HIDDEN}"]),
    "err_diff": lambda: render.err_diff([f"-{HIDDEN}", f"@{HIDDEN}"]),
    "out_source": lambda: render.out_source(HIDDEN),
    "out_markdown": lambda: render.out_markdown(HIDDEN),
    "painted": lambda: render.out(render.paint_out(HIDDEN, "cyan")),
    "error": lambda: render.show_error(UsageError(HIDDEN, hint=HIDDEN), as_json=False),
    "notice": say_notice,
    "ask": say_question,
}


@pytest.mark.parametrize("saying", SAYINGS)
def test_a_terminal_obeys_nobody_elses_text(saying: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of a server's cannot hide itself, pose as another line or name the window, however it is said."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    told = shown(SAYINGS[saying], Terminal())
    assert "\x1b[8m" not in told
    assert "\x1b]" not in told
    assert "\x07" not in told
    assert "\u202e" not in told
    assert "1b[8mhidden" in re.sub(r"\x1b\[[0-9;]*m", "", told)


def test_colours_are_ours_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What we paint is coloured where it is read, and is plain in a file and where colours are not wanted."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert shown(SAYINGS["painted"], Terminal()) == f"\x1b[36m{SPELLED}\x1b[0m\n"
    assert shown(SAYINGS["out_diff"], Terminal()) == f"\x1b[32m+{SPELLED}\x1b[0m\n {SPELLED}\n"
    assert shown(SAYINGS["painted"], io.StringIO()) == f"{HIDDEN}\n"
    monkeypatch.setenv("NO_COLOR", "1")
    assert shown(SAYINGS["painted"], Terminal()) == f"{SPELLED}\n"


def test_a_text_poses_as_painted_by_being_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text with colours of its own has them spelled out, beside one of ours or around it."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    ours = "\x1b[36mtool/x\x1b[0m"
    with contextlib.redirect_stdout(Terminal()):
        assert render.paint_out("tool/x", "cyan") == ours
    for theirs in (
        "\x1b[31m",
        "\x1b[0m",
        "\x1b[31mtool/x\x1b[0m",
        "\x1b[36mtool/y\x1b[0m",
        "\x1b[31m\x1b[0m",
        "\x1b[1;31m",
    ):
        spelled = theirs.replace("\x1b", "\\x1b")
        for between in ("", " "):
            said = between.join((theirs, ours, theirs))
            assert shown(partial(render.out, said), Terminal()) == between.join((spelled, ours, spelled)) + "\n"
