"""An author's desk: a workspace folder, and the command line run in it within this process."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cochat_devkit.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Done:
    """What a command said and how it ended."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def actions(self) -> dict[str, str]:
        """What was done, by address, without what needed nothing."""
        return {each["ref"]: each["action"] for each in self.json["items"] if each["action"] != "nothing"}


@dataclass(frozen=True)
class Desk:
    """A folder, and the token with which its owner talks to the server."""

    folder: Path
    token: str | None = None

    def cochat(self, *words: str, expected: int | None = 0) -> Done:
        """Run a command in the folder; `expected` is the exit code that the test counts on, None for any."""
        out, err = io.StringIO(), io.StringIO()
        with (
            _environment(COCHAT_TOKEN=self.token),
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                main(words)
            except SystemExit as ended:
                exit_code = int(ended.code or 0)
        done = Done(exit_code, out.getvalue(), err.getvalue())
        if expected is not None:
            assert done.exit_code == expected, f"cochat {' '.join(words)}: {done}"
        return done

    def json(self, *words: str, expected: int | None = 0) -> Done:
        """Run a command with `--json`."""
        return self.cochat(*words, "--json", expected=expected)

    def complete(self, *words: str) -> list[str]:
        """Ask for completions of the last word, as a shell does: what it would offer."""
        cochat = Path(sys.executable).with_name("cochat")
        asked = {"COMP_WORDS": shlex.join(words), "COMP_CWORD": str(len(words) - 1)}
        environment = {**os.environ, **asked, "_COCHAT_COMPLETE": "bash_complete"}
        done = subprocess.run([cochat], cwd=self.folder, env=environment, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return [line.partition(",")[2] for line in done.stdout.splitlines() if line]

    def path(self, relative: str) -> Path:
        """Name a file of the desk."""
        return self.folder / relative

    def edit(self, relative: str, old: str, new: str) -> None:
        """Change a file, byte for byte elsewhere."""
        place = self.path(relative)
        content = place.read_bytes()
        assert old.encode() in content, f"{relative} has no {old!r}"
        place.write_bytes(content.replace(old.encode(), new.encode(), 1))

    def files(self) -> dict[str, bytes]:
        """Read everything but the mirror and our own folder."""
        found = (place for place in self.folder.rglob("*") if place.is_file())
        named = {place.relative_to(self.folder).as_posix(): place for place in found}
        return {
            name: place.read_bytes()
            for name, place in named.items()
            if not name.startswith((".cochat/", "mirror.db")) and "__pycache__" not in name
        }

    def mirror_dump(self) -> str:
        """Write out every row of the mirror."""
        with contextlib.closing(sqlite3.connect(self.path("mirror.db"))) as connection:
            return "\n".join(f'INSERT INTO "{table}" VALUES{row}' for table, row in rows_of(connection))

    def mirror_written_ns(self) -> int:
        """Read when the mirror was last written to."""
        return self.path("mirror.db").stat().st_mtime_ns


def rows_of(database: sqlite3.Connection) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Read every row of a database with its table; of a virtual one, which may only answer, what it is made of."""
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL TABLE%'"
    for table in ("sqlite_master", *(name for (name,) in database.execute(tables).fetchall())):
        for row in database.execute(f'SELECT * FROM "{table}"'):
            yield table, row


def make_desk(folder: Path, url: str, token: str) -> Desk:
    """Make a workspace for a server."""
    folder.mkdir(parents=True, exist_ok=True)
    desk = Desk(folder, token)
    desk.cochat("init", "--url", url)
    return desk


@contextlib.contextmanager
def _environment(**wanted: str | None) -> Any:
    before = {name: os.environ.get(name) for name in wanted}
    _set(wanted)
    try:
        yield
    finally:
        _set(before)


def _set(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
