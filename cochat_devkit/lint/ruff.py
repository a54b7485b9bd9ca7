"""Ruff over all plugins at once: one subprocess, with a profile that suits plugins."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from cochat_devkit.errors import LocalError
from cochat_devkit.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cochat_devkit.resource import Json

_SELECTED = ("F", "E7", "E9", "W605", "B006", "B023", "ASYNC", "S110", "S113", "S501", "RUF006", "RUF013")
#: what stops a plugin from loading, or a line from running; the rest is shown and stops nothing
_ERRORS = ("E9", "F7", "F821", "F822", "F823")
#: servers run CPython 3.11
_TARGET = "py311"
SYNTAX_ERROR = "E999"


def run_ruff(shown_by_path: Mapping[Path, str], root: Path) -> list[Finding]:
    """Check files as they stand on the disk, from the folder `root`; findings name them as shown.

    Raises:
        LocalError: ruff cannot be run.
    """
    if not shown_by_path:
        return []
    absolute = {str(path.absolute()): shown for path, shown in shown_by_path.items()}
    return [_to_finding(each, absolute) for each in _ask_ruff(list(absolute), root)]


def fix_files(paths: Sequence[Path], root: Path) -> None:
    """Let ruff mend in place what it can mend safely, by the same profile.

    Raises:
        LocalError: ruff cannot be run.
    """
    if paths:
        _ask_ruff([str(path.absolute()) for path in paths], root, "--fix")


def _ask_ruff(paths: Sequence[str], root: Path, *more: str) -> list[Json]:
    with tempfile.TemporaryDirectory(prefix="cochat-ruff-") as folder:
        arguments = Path(folder, "arguments")  # thousands of paths are too long for a command line
        arguments.write_text("\n".join(paths), encoding="utf-8")
        ran = subprocess.run(
            [
                *(sys.executable, "-P", "-m", "ruff", "check", "--isolated", "--no-cache", "--exit-zero", "--quiet"),
                *("--output-format", "json", "--target-version", _TARGET, "--select", ",".join(_SELECTED)),
                *more,
                f"@{arguments}",
            ],
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    if ran.returncode != 0:
        said = ran.stderr.decode("utf-8", "replace").strip() or f"it ended with exit code {ran.returncode}"
        raise LocalError(f"ruff cannot be run: {said}", hint="python -m pip install ruff")
    found: list[Json] = json.loads(ran.stdout)
    return found


def _to_finding(wire: Json, shown_by_path: Mapping[str, str]) -> Finding:
    place = wire.get("location") or {"row": 1, "column": 1}
    code = wire.get("code")
    code = SYNTAX_ERROR if code in (None, "invalid-syntax") else code
    return Finding(
        path=shown_by_path.get(wire["filename"], wire["filename"]),
        line=place["row"],
        column=place["column"],
        code=code,
        message=wire["message"],
        severity=Severity.ERROR if code.startswith(_ERRORS) else Severity.WARNING,
        hint=(wire.get("fix") or {}).get("message"),
    )
