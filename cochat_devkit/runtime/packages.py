"""An environment with the packages that plugins ask for: a venv that also sees what we are installed with."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from cochat_devkit.errors import LocalError
from cochat_devkit.runtime.environment import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SEPARATORS = re.compile(r"[-_.]+")
#: written last: an environment without it was never finished
_SEEING_OURS = "seeing_cochat_devkit.pth"
_HINT = "see what pip says above"


@dataclass(frozen=True)
class Environment:
    """Name the environment of a workspace, whether or not it was made yet."""

    folder: Path

    @property
    def python(self) -> Path:
        """Name its interpreter."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def is_there(self) -> bool:
        """Tell whether it was made, and its interpreter still is where it was."""
        return (self._packages / _SEEING_OURS).is_file() and self.python.exists()

    @property
    def _packages(self) -> Path:
        names = {"base": str(self.folder), "platbase": str(self.folder)}
        return Path(sysconfig.get_path("purelib", "venv", names))

    def make(self, on_output: Callable[[str], None]) -> None:
        """Make it; what lies in its folder goes.

        Raises:
            LocalError: the system does not let us.
        """
        _run([sys.executable, "-m", "venv", "--clear", str(self.folder)], on_output, "no environment could be made")
        # our own packages come after its own, those that are installed for editing among them
        ours = "".join(f"import site; site.addsitedir({each!r})\n" for each in _our_packages())
        (self._packages / _SEEING_OURS).write_text(ours, encoding="utf-8")

    def install(self, requirements: Sequence[str], on_output: Callable[[str], None]) -> None:
        """Have pip install some requirements, each as it stands.

        Raises:
            LocalError: pip cannot.
        """
        command = [str(self.python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        _run([*command, *requirements], on_output, "pip could not install what was asked for")

    def find_lacking(self, requirements: Sequence[str]) -> list[str]:
        """Find the requirements that are not met there; a text that is none, as an address, is never met."""
        paths = [str(self._packages)] if self.is_there else []
        found = distributions(path=[*paths, *_our_packages()])
        versions: dict[str, str] = {}
        for each in found:
            versions.setdefault(_plain(each.name or ""), each.version)
        return [each for each in requirements if not _is_met(each, versions)]


def environment_of(cache: Path, root: Path) -> Environment:
    """Name the environment of a workspace for the installation that we are."""
    about = "\n".join((str(root), sys.prefix, sys.version)).encode("utf-8", "surrogateescape")
    return Environment(cache / "environments" / hashlib.sha256(about).hexdigest()[:24])


def _our_packages() -> list[str]:
    return [each for each in sys.path if Path(each).name in ("site-packages", "dist-packages")]


def _plain(name: str) -> str:
    return _SEPARATORS.sub("-", name).lower()


def _is_met(text: str, versions: dict[str, str]) -> bool:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = Requirement(text)
    except InvalidRequirement:
        return False
    if wanted.marker is not None and not wanted.marker.evaluate():
        return True
    version = versions.get(_plain(wanted.name))
    return version is not None and wanted.url is None and wanted.specifier.contains(version, prereleases=True)


def _run(command: Sequence[str], on_output: Callable[[str], None], failed: str) -> None:
    lines: list[str] = []
    try:
        with subprocess.Popen(
            command,
            env=without_secrets(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process:
            for line in process.stdout or ():
                lines.append(line.strip())
                on_output(line.rstrip())
    except OSError as error:
        raise LocalError(f"{failed}: {error.strerror}", hint="see python -m venv --help") from error
    if process.returncode:
        errors = [line.partition(":")[2].strip() for line in lines if line.startswith("ERROR:")]
        said = (errors or [line for line in lines if line] or [f"exit code {process.returncode}"])[-1]
        raise LocalError(f"{failed}: {said}", hint=_HINT)
