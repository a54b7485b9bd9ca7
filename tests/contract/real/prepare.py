"""Install real Open WebUI servers into a cache folder: `python -m tests.contract.real.prepare [VERSION…]`.

Each version gets an environment of its own, slim: the package without its dependencies, then the pinned ones of
`requirements-VERSION.txt`, without the bundled web pages, compiled. A second call finds the `ready` marker and does
nothing; an interrupted or outdated installation is made anew.

The cache folder is `COCHAT_CONTRACT_CACHE`, or `cochat-devkit/contract` in the user's cache folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
VERSIONS = tuple(sorted(path.stem.removeprefix("requirements-") for path in HERE.glob("requirements-*.txt")))
RECIPE = "1"
"""Changed by hand when the steps below change in a way that makes older installations unfit."""
PYTHON_VERSIONS = ((3, 11), (3, 12))
"""What both servers run on. Source: `requires-python` of the packages open-webui 0.12.4 and 0.6.43."""

Say = Callable[[str], None]


class PrepareError(Exception):
    """A server could not be installed; the message says why and names the log."""


#: read once: tests run with a home and settings of their own
_FOLDER_OF_THE_RUN = Path(
    os.environ.get("COCHAT_CONTRACT_CACHE") or Path.home() / ".cache" / "cochat-devkit" / "contract"
).expanduser()


def cache_dir() -> Path:
    """Return the folder that holds the installed servers; it may not exist yet."""
    chosen = os.environ.get("COCHAT_CONTRACT_CACHE")
    return Path(chosen).expanduser() if chosen else _FOLDER_OF_THE_RUN


def environment_dir(version: str) -> Path:
    """Return the folder of one server's environment; it may not exist yet."""
    return cache_dir() / f"open-webui-{version}"


def environment_python(version: str) -> Path:
    """Return the interpreter that a server of this version runs with."""
    return environment_dir(version) / "bin" / "python"


def is_ready(version: str) -> bool:
    """Tell whether the installation is complete and made from today's inputs."""
    try:
        return _marker(version).read_text(encoding="utf-8") == _fingerprint(version)
    except FileNotFoundError:
        return False


def prepare(version: str, *, say: Say) -> None:
    """Install one server unless it is ready; `say` receives one line per step.

    Raises:
        PrepareError: The version is unknown, no fitting Python was found, or a step failed.
    """
    if version not in VERSIONS:
        raise PrepareError(f"no server {version} is known here; known: {', '.join(VERSIONS)}")
    with _locked(version):
        if is_ready(version):
            say(f"open-webui {version}: ready in {environment_dir(version)}")
            return
        started = time.monotonic()
        _install(version, say)
        write_marker(version)
        say(f"open-webui {version}: ready after {time.monotonic() - started:.0f} s in {environment_dir(version)}")


def write_marker(version: str) -> None:
    """Say that the installation is complete."""
    _marker(version).write_text(_fingerprint(version), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Install the named versions, or all of them, and return the exit code."""
    try:
        for version in arguments or VERSIONS:
            prepare(version, say=lambda line: print(line, flush=True))  # noqa: T201 - this is a command
    except PrepareError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - this is a command
        return 1
    return 0


def _install(version: str, say: Say) -> None:
    """Make the environment from nothing, step by step."""
    target = environment_dir(version)
    if target.exists():
        say(f"open-webui {version}: removing an unfinished or outdated installation")
        shutil.rmtree(target)
    log = target.with_name(f"{target.name}.log")
    log.write_text("", encoding="utf-8")
    python = str(environment_python(version))
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    steps = (
        ("making an environment", [_find_python(), "-m", "venv", str(target)]),
        ("installing the server", [*pip, "--no-deps", f"open-webui=={version}"]),
        ("installing what it needs", [*pip, "-r", str(_requirements(version))]),
    )
    for what, command in steps:
        say(f"open-webui {version}: {what}")
        _run(command, log, what=f"{what} for open-webui {version}")
    packages = next(target.glob("lib/python*/site-packages"))
    shutil.rmtree(packages / "open_webui" / "frontend", ignore_errors=True)
    say(f"open-webui {version}: compiling")
    # Some packages carry sources of other Python versions; what does not compile is never imported.
    subprocess.run([python, "-m", "compileall", "-q", "-j", "0", str(packages)], check=False, capture_output=True)


def _run(command: list[str], log: Path, *, what: str) -> None:
    """Run one step with its output in the log, and show the end of it when the step fails."""
    with log.open("a", encoding="utf-8") as output:
        done = subprocess.run(command, check=False, stdout=output, stderr=subprocess.STDOUT)
    if done.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        raise PrepareError(f"{what} failed (exit code {done.returncode}); the end of {log}:\n{tail}")


def _find_python() -> str:
    """Return an interpreter the servers can run with: this one, or one on the path.

    Raises:
        PrepareError: None was found.
    """
    if sys.version_info[:2] in PYTHON_VERSIONS:
        return sys.executable
    for major, minor in PYTHON_VERSIONS:
        found = shutil.which(f"python{major}.{minor}")
        if found:
            return found
    wanted = " or ".join(f"{major}.{minor}" for major, minor in PYTHON_VERSIONS)
    raise PrepareError(f"the real servers run on Python {wanted}, and none was found on the path")


def _requirements(version: str) -> Path:
    return HERE / f"requirements-{version}.txt"


def _marker(version: str) -> Path:
    return environment_dir(version) / "ready"


def _fingerprint(version: str) -> str:
    """Return a hash of all that an installation is made from."""
    inputs = [RECIPE, version, _requirements(version).read_text(encoding="utf-8")]
    return hashlib.sha256("\0".join(inputs).encode()).hexdigest()


@contextmanager
def _locked(version: str) -> Iterator[None]:
    """Let one process at a time install a version; the others wait."""
    cache_dir().mkdir(parents=True, exist_ok=True)
    with (cache_dir() / f"open-webui-{version}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
