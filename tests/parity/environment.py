"""An environment with the packages of a real server, and without the server: what plugins could import there.

`python -m tests.parity.environment [VERSION…]` makes it and prints its interpreter, for `cochat parity --python`. The
packages are those that the published server names, in the versions that it pins; they take some 6 GB and minutes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.metadata import PathDistribution
from typing import TYPE_CHECKING

from tests.contract.real import prepare
from tests.parity.make_facts import package_folder

if TYPE_CHECKING:
    from pathlib import Path

VERSIONS = ("0.12.4",)


def environment_dir(version: str) -> Path:
    """Name the folder of a version's environment; it may not exist yet."""
    return prepare.cache_dir() / f"packages-{version}"


def environment_python(version: str) -> Path:
    """Name the interpreter that has a version's packages."""
    return environment_dir(version) / "bin" / "python"


def requirements_of(version: str) -> list[str]:
    """List what an installed server says that it needs, without what is only for some."""
    (place,) = package_folder(version).parent.glob("open_webui-*.dist-info")
    named = PathDistribution(place).requires or []
    return [each for each in named if "extra ==" not in each]


def make(version: str) -> Path:
    """Make the environment unless it is there, and name its interpreter.

    Raises:
        PrepareError: a step failed.
    """
    target, log = environment_dir(version), prepare.cache_dir() / f"packages-{version}.log"
    wanted = "\n".join(requirements_of(version))
    marker = target / "ready"
    if marker.exists() and marker.read_text(encoding="utf-8") == wanted:
        return environment_python(version)
    shutil.rmtree(target, ignore_errors=True)
    log.write_text("", encoding="utf-8")
    (prepare.cache_dir() / f"packages-{version}.txt").write_text(wanted, encoding="utf-8")
    pip = [str(environment_python(version)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", str(target)],
        [*pip, "-r", str(prepare.cache_dir() / f"packages-{version}.txt")],
    ):
        with log.open("a", encoding="utf-8") as output:
            done = subprocess.run(command, check=False, stdout=output, stderr=subprocess.STDOUT)
        if done.returncode:
            raise prepare.PrepareError(f"the packages of open-webui {version} cannot be installed; see {log}")
    marker.write_text(wanted, encoding="utf-8")
    return environment_python(version)


def main(arguments: list[str]) -> int:
    """Make the environments of some versions, and print their interpreters."""
    for version in arguments or VERSIONS:
        try:
            prepare.prepare(version, say=lambda line: sys.stderr.write(f"{line}\n") and None)
            sys.stdout.write(f"{make(version)}\n")
        except prepare.PrepareError as error:
            sys.stderr.write(f"error: {error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
