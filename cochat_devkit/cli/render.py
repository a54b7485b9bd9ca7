"""The one module that prints: results to stdout, talk to stderr, secrets nowhere."""

from __future__ import annotations

import json
import re
import sys
from itertools import repeat
from typing import TYPE_CHECKING, Any, TextIO

from cochat_devkit.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType
    from typing import Self, TypeGuard

    from cochat_devkit.errors import DevkitError
    from cochat_devkit.events import Event, Outcome, Report
    from cochat_devkit.findings import Finding
    from cochat_devkit.mirror.journal import Run

#: moves when a field of any `--json` shape changes its meaning or goes
JSON_VERSION = 1


#: what a terminal would obey: names and texts come from servers
_OBEYED = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
#: the same, a text between colors first: it may be one that was painted here
_PAINTED_OR_OBEYED = f"\x1b\\[[0-9]+m[^\x1b]*\x1b\\[0m|{_OBEYED}"


#: the commands that take `--target`, where a hint names them
_AIMED = (
    r"\bcochat (browse|chain|deps|diff|doctor|init|log|login|logout|ls|pull|push|resolve|restore|search|show|specs"
    r"|status|undo|valves|whoami)\b"
)


#: of these a terminal shows two columns, and of those none
_WIDE, _NO_WIDTH = ("W", "F"), ("Mn", "Me", "Cf")

#: every text that was painted here, its colors around it
_painted: set[str] = set()

_DIFF_COLORS = {"+": "green", "-": "red", "@": "cyan"}


class _Aim:
    """Hold the target that this command line named, None for the default one: a hint to be copied names it, too."""

    target: str | None = None


def use_target(target: str | None) -> None:
    """Take in which target the command line named."""
    _Aim.target = target


def _aimed(hint: str | None) -> str | None:
    """Lay the target into the commands that a hint names."""
    if hint is None or _Aim.target is None or "--target" in hint:
        return hint
    import shlex

    named = shlex.quote(_Aim.target)
    return re.sub(_AIMED, lambda found: f"{found[0]} --target {named}", hint)


def out(text: str) -> None:
    """Print a result."""
    print(_shown(text, sys.stdout))


def err(text: str) -> None:
    """Print talk."""
    print(_shown(text, sys.stderr), file=sys.stderr)


def ask(question: str) -> bool:
    """Ask at the terminal; who types nothing says no."""
    import click

    return click.confirm(_shown(question, sys.stderr), default=False, err=True)


def hint(text: str) -> None:
    """Say which command to type next."""
    err(f"{paint('hint', 'cyan')}:  {_aimed(text)}")


def out_exact(text: str) -> None:
    """Print a resource's own text as it is, for a file; only a terminal gets it without what it would obey."""
    sys.stdout.write(tame(text))


def out_bytes(content: bytes) -> None:
    """Print the bytes of a file as they are; a terminal gets none."""
    if sys.stdout.isatty():
        err("these bytes are no text: write them into a file, with > NAME")
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.flush()


def is_read() -> bool:
    """Tell whether a person reads the result at a terminal."""
    return sys.stdout.isatty()


def tame(text: str) -> str:
    """Spell out what a terminal would obey in a text of somebody else's, where it goes to one."""
    return re.sub(_OBEYED, _spelled, text) if sys.stdout.isatty() else text


def out_secret(text: str) -> None:
    """Print a result that holds a secret its reader asked for: the local server's own sign-in."""
    print(text, flush=True)


def out_json(value: dict[str, Any]) -> None:
    """Print the one object of a command's `--json`."""
    out(_to_json(value))


def out_json_rows(value: dict[str, Any], names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> None:
    """Print the one object of a command's `--json` whose last field, `items`, has ten thousand rows of texts."""
    if sys.stdout.isatty():
        out_json({**value, "items": [dict(zip(names, row, strict=True)) for row in rows]})
    else:
        out(f'{_to_json(value)[:-1]}, "items": [{_rows_to_json(names, rows)}]}}')


def out_json_secret(value: dict[str, Any]) -> None:
    """Print the one object of a `--json` whose reader asked to see the secrets in it."""
    text = _to_json(value)
    out_secret(re.sub(_OBEYED, _spelled, text) if sys.stdout.isatty() else text)


def out_line(text: str) -> None:
    """Print a line of an endless result at once."""
    print(_shown(text, sys.stdout), flush=True)


def out_diff(lines: Sequence[str]) -> None:
    """Print the lines of a difference, each in the colour of what it does."""
    for line in lines:
        out(paint_out(line, _DIFF_COLORS[line[0]]) if line[:1] in _DIFF_COLORS else line)


def err_diff(lines: Sequence[str]) -> None:
    """Print the lines of a difference as talk, each in the colour of what it does."""
    for line in lines:
        err(f"  {paint(line, _DIFF_COLORS[line[0]]) if line[:1] in _DIFF_COLORS else line}")


def out_source(source: str, *, language: str = "python") -> None:
    """Print a text in a language: colored where a person reads it."""
    if not sys.stdout.isatty():
        out(source.removesuffix("\n"))
        return
    from rich.console import Console
    from rich.syntax import Syntax

    shown = _shown(source, sys.stdout)
    Console().print(Syntax(shown, language, background_color="default", word_wrap=True))


def out_markdown(text: str) -> None:
    """Print a text in Markdown: set where a person reads it, all of it, without links that a terminal would follow."""
    if not sys.stdout.isatty():
        out(text.removesuffix("\n"))
        return
    from markdown_it import MarkdownIt
    from rich.console import Console
    from rich.markdown import Markdown

    shown = _shown(text, sys.stdout)
    markdown = Markdown(shown, hyperlinks=False)
    # rich leaves out what looks like HTML, and a prompt's <instructions> with it
    markdown.parsed = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"]).parse(shown)
    Console().print(markdown)


def show_error(error: DevkitError, *, as_json: bool) -> None:
    """Say what went wrong and what to do next."""
    from cochat_devkit.errors import CheckFailed

    findings = error.findings if isinstance(error, CheckFailed) else ()
    if as_json:
        shown = {"type": type(error).__name__, "message": error.message, "hint": _aimed(error.hint)}
        listed = {"findings": [finding_json(each) for each in findings]} if findings else {}
        out_json({"ok": False, "exit_code": error.exit_code, "error": shown, **listed})
        return
    for each in findings:
        show_finding(each)
    err(f"{paint('error', 'red')}: {error.message}")
    if error.hint:
        err(f"{paint('hint', 'cyan')}:  {_aimed(error.hint)}")


def show_interrupted(*, as_json: bool) -> None:
    """Say that the work was stopped by hand."""
    if as_json:
        message = "interrupted; what was done is recorded, the next run goes on from there"
        out_json({"ok": False, "exit_code": 130, "error": {"type": "Interrupted", "message": message, "hint": None}})
    else:
        err("interrupted: what was done is recorded, the next run goes on from there")


def show_bug(error: Exception, *, as_json: bool) -> None:
    """Write a report file of our own bug and name it."""
    import tempfile
    import traceback
    from pathlib import Path

    from cochat_devkit import __version__

    lines = "".join(traceback.format_exception(error))
    words = f"cochat-devkit {__version__}, Python {sys.version}\n\n{lines}"
    message = f"a bug of ours: {type(error).__name__}: {error}"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="cochat-report-", suffix=".txt", delete=False, encoding="utf-8"
        ) as report:
            report.write(redact(words))
        hint = f"please report it with the file {Path(report.name)}"
    except OSError:
        err(words)
        hint = "please report it with the lines above: the disk takes no file"
    if as_json:
        out_json(
            {"ok": False, "exit_code": 70, "error": {"type": type(error).__name__, "message": message, "hint": hint}}
        )
    else:
        err(f"{paint('error', 'red')}: {message}")
        err(f"{paint('hint', 'cyan')}:  {hint}")


def show_finding(finding: Finding) -> None:
    """Print one finding as `path:line:column: code message`, a form that editors follow."""
    color = {"error": "red", "warning": "yellow"}.get(finding.severity, "cyan")
    out(f"{finding.path}:{finding.line}:{finding.column}: {paint(finding.code, color)} {finding.message}")
    if finding.hint:
        out(f"    {finding.hint}")


def finding_json(finding: Finding) -> dict[str, Any]:
    """Shape a finding for `--json`."""
    return {
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "code": finding.code,
        "message": finding.message,
        "severity": str(finding.severity),
        "hint": finding.hint,
    }


def run_json(run: Run) -> dict[str, Any]:
    """Shape a run for `--json`."""
    return {
        "run": run.id,
        "command": run.command,
        "target": run.target,
        "started": run.started.isoformat(),
        "ended": run.ended.isoformat() if run.ended else None,
        "message": run.message,
        "undoes": run.undoes,
    }


def show_outcome(outcome: Outcome, words: Mapping[str, str], *, hides: Sequence[str] = ()) -> None:
    """Print what was done about one resource, and what needs attention."""
    if outcome.ok and outcome.action in hides:
        return
    color = "red" if not outcome.ok else "green" if "there" in outcome.action else "cyan"
    out(f"{paint_out(words.get(outcome.action, outcome.action), color)}: {outcome.ref}  ({outcome.reason})")
    for line in outcome.changes:
        out(f"    {line}")
    show_fault(outcome.ref, outcome.error, outcome.hint)


def show_fault(ref: str, error: str | None, hint: str | None) -> None:
    """Say what is wrong with one resource, where something is, and what to do next."""
    if error:
        err(f"{paint('error', 'red')}: {error if ref in error else f'{ref}: {error}'}")
    if hint:
        err(f"{paint('hint', 'cyan')}:  {_aimed(hint)}")


def show_report(report: Report, words: Mapping[str, str], nothing: str, *, is_plan: bool = False) -> None:
    """Print what was done, or of a plan what would be, and count it; `nothing` where all was as it was."""
    said = {name: _would_be(name, word) for name, word in words.items()} if is_plan else words
    for each in report.items:
        show_outcome(each, said)
    out(f"{summary(report.counts, said, nothing)} ({report.requests} requests)")


def _would_be(action: str, word: str) -> str:
    return f"would be {word}" if "there" in action else f"would be: {word}" if "here" in action else word


def summary(counts: Mapping[str, int], words: Mapping[str, str], nothing: str) -> str:
    """Count in one line; `nothing` where all was as it was."""
    if not any(count for name, count in counts.items() if name != "nothing"):
        return nothing
    return ", ".join(f"{count} {words.get(name, name)}" for name, count in counts.items() if count)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Set rows in columns of equal width."""
    return beside([*zip(*rows, strict=True)])


def beside(by_column: Sequence[Sequence[str]]) -> list[str]:
    """Set columns beside each other, as `columns` does what is given row by row."""
    if not by_column:
        return []
    *before, last = by_column
    if all("".join(column).isascii() for column in by_column):
        padded = [map(str.ljust, column, repeat(max(map(len, column)))) for column in before]
        return [*map(str.rstrip, map("  ".join, zip(*padded, last, strict=True)))]
    widths = [max(map(width_of, column)) for column in by_column]
    form = "  ".join(f"%-{width}s" for width in widths)
    return [
        (form % row).rstrip()
        if all(map(str.isascii, row))
        else "  ".join(cell + " " * (width - width_of(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in zip(*by_column, strict=True)
    ]


def width_of(text: str) -> int:
    """Count the columns that a text takes: Chinese, Japanese and Korean characters take two, accents none."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        2 if unicodedata.east_asian_width(each) in _WIDE else unicodedata.category(each) not in _NO_WIDTH
        for each in text
    )


def report_json(command: str, report: Report) -> None:
    """Print a report: `command`, `ok`, `exit_code`, `counts`, `items`, `findings`, `requests` where any."""
    shape: dict[str, Any] = {
        "command": command,
        "ok": report.exit_code == 0,
        "exit_code": report.exit_code,
        "counts": report.counts,
        "items": [
            {
                "ref": each.ref,
                "action": each.action,
                "ok": each.ok,
                "reason": each.reason,
                "path": each.path,
                "error": each.error,
                "hint": _aimed(each.hint),
                "changes": list(each.changes),
            }
            for each in report.items
        ],
    }
    if report.requests is not None:
        shape["requests"] = report.requests
    shape["findings"] = [finding_json(each) for each in report.findings]
    out_json({**shape, **report.extra})


def paint(text: str, color: str, *, stream: Any = None) -> str:
    """Color a word where a person reads it."""
    import os

    import click

    reader = stream or sys.stderr
    if not reader.isatty() or os.environ.get("NO_COLOR"):
        return text
    painted = click.style(re.sub(_OBEYED, _spelled, redact(text)), fg=color)
    _painted.add(painted)
    return painted


def paint_out(text: str, color: str) -> str:
    """Color a word of a result."""
    return paint(text, color, stream=sys.stdout)


class Talk:
    """Show events on stderr: a bar on a terminal, plain lines elsewhere only for what must be known.

    Use as a context manager around an operation, and hand `emit` to it.
    """

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self._quiet = quiet
        self._verbose = verbose
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}
        # whoever talks has loaded it; to look it up anew takes longer than all else about an event
        from cochat_devkit import events

        self._events: Any = events

    def __enter__(self) -> Self:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

            columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def emit(self, event: Event) -> None:
        """Show one event."""
        events = self._events
        match event:
            case events.Progress(step, done, total):
                self._advance(step, done, total)
            case events.Waiting(reason, seconds):
                self._say(f"waiting {seconds:.1f} s: {reason}")
            case events.Notice(message, hint):
                self._say(f"{paint('note', 'yellow')}: {message}" + (f" ({_aimed(hint)})" if hint else ""))
            case events.Outcome(ref, action, reason):
                if self._verbose:
                    self._say(f"{action} {ref}: {reason}")

    def _advance(self, step: str, done: int, total: int | None) -> None:
        if self._bar is None:
            if self._verbose and done == 0:
                self._say(step)
            return
        if step not in self._tasks:
            self._tasks[step] = self._bar.add_task(step, total=total)
        self._bar.update(self._tasks[step], completed=done, total=total)

    def _say(self, text: str) -> None:
        if self._bar is not None:
            self._bar.console.print(_shown(text, sys.stderr), markup=False, highlight=False)
        else:
            err(text)


def _to_json(value: dict[str, Any]) -> str:
    """Write the one object of a `--json`: indented where a person reads it, which takes ten times as long."""
    indent = 2 if sys.stdout.isatty() else None
    # what we print is a tree: to look for circles in ten thousand items takes a fifth of the time
    return json.dumps(
        {"version": JSON_VERSION, **value}, ensure_ascii=False, indent=indent, default=str, check_circular=False
    )


def _rows_to_json(names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> str:
    """Write rows as objects, column by column: object by object it takes five times as long."""
    encode = json.JSONEncoder(ensure_ascii=False).encode
    pieces: list[Iterable[str]] = []
    lead = "{"
    for name, column in zip(names, zip(*rows, strict=True), strict=True) if rows else ():
        if _is_plain(column):
            pieces += [repeat(f'{lead}{encode(name)}: "'), column]
            lead = '", '
        else:
            pieces += [repeat(f"{lead}{encode(name)}: "), ["null" if each is None else encode(each) for each in column]]
            lead = ", "
    end = lead.removesuffix(", ") + "}"
    return ", ".join(map("".join, zip(*pieces, repeat(end, len(rows)), strict=False)))


def _is_plain(column: Iterable[str | None]) -> TypeGuard[Iterable[str]]:
    """Tell whether every row has a text and none a sign that JSON writes otherwise: nearly always."""
    try:
        whole = "".join(column)  # type: ignore[arg-type]
    except TypeError:
        return False
    return len(json.dumps(whole, ensure_ascii=False)) == len(whole) + 2


def _shown(text: str, stream: TextIO) -> str:
    """Take out secrets, and on a terminal what it would obey but for colors of ours."""
    clean = redact(text)
    return re.sub(_PAINTED_OR_OBEYED, _as_painted, clean) if stream.isatty() else clean


def _as_painted(found: re.Match[str]) -> str:
    return found[0] if found[0] in _painted else re.sub(_OBEYED, _spelled, found[0])


def _spelled(found: re.Match[str]) -> str:
    return "␍" if found[0] == "\r" else f"\\x{ord(found[0]):02x}"
