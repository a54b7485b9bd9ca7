"""Somebody else's repository: `pip install cochat-devkit`, and the fixtures are there."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

#: what a repository of plugins may look like that knows nothing of our folders
FILES = {
    "pyproject.toml": """
[tool.pytest.ini_options]
addopts = "--strict-markers --strict-config"
filterwarnings = ["error"]
cochat_target_version = "0.6.43"
""",
    "shout/shout.py": '''
"""
title: Shout
"""
from open_webui.models.users import Users


class Tools:
    def shout(self, text: str, __user__=None, __chat_id__=None) -> str:
        """
        Say it louder.

        :param text: what
        """
        return f"{Users.get_user_by_id(__user__['id']).name}: {text.upper()}! {__chat_id__}"
''',
    "shout/test_shout.py": """
import pytest


@pytest.mark.parametrize("text", ["a", "b", "c", "d"])
def test_it_is_loud(call_tool, as_user, text):
    as_user(name="Ada")
    assert call_tool("shout", text=text).text == f"Ada: {text.upper()}! None"


@pytest.mark.allow_unawaited
@pytest.mark.cochat_target_version("0.12.4")
def test_it_is_not_ready_for_the_newest(call_tool):
    assert isinstance(call_tool("shout", text="a").error, AttributeError)


def test_the_model_may_use_it(chat, model):
    model.calls("shout", text="a")
    model.says("done")
    assert chat("Shout!", params={"function_calling": "native"}).text.endswith("done")


@pytest.mark.anyio
async def test_an_asynchronous_test(call_tool):
    assert (await call_tool.awaited("shout", text="a")).text == "User: A! None"


@pytest.fixture
def anyio_backend():
    return "asyncio"
""",
    "mine/test_mine.py": """
import sys


def test_who_uses_nothing_pays_nothing():
    assert [name for name in sys.modules if name.startswith("cochat_devkit.")] == ["cochat_devkit.pytest_plugin"]
    assert not {"pydantic", "httpx", "vcr", "asyncio"} & set(sys.modules)
""",
}


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel and what it needs into an environment of its own, without asking a registry again."""
    root = tmp_path_factory.mktemp("environment")
    venv.create(root, symlinks=True)
    (packages,) = root.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    for name in [*_needed("cochat-devkit"), *_needed("pytest-xdist")]:
        for top in _tops_of(name):
            target = packages / top.name
            if not target.exists():
                target.symlink_to(top)
    return root / "bin" / "python"


@pytest.fixture
def run(python: Path, tmp_path: Path) -> Callable[..., str]:
    """Run the tests of the repository: what pytest printed."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.lstrip(), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))}

    def run(*words: str) -> str:
        command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
        ran = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    return run


def test_the_fixtures_are_there(run: Callable[..., str]) -> None:
    """With the author's own settings, among several processes."""
    assert "7 passed" in run("-n", "2", "shout")


def test_no_other_plugin_is_needed(run: Callable[..., str]) -> None:
    """Neither anyio, which knows its own marker, nor xdist."""
    words = ("-p", "no:xdist", "-p", "no:anyio", "-k", "not asynchronous", "-o", "markers=anyio")
    assert "6 passed, 1 deselected" in run(*words, "shout")


def test_who_asks_for_no_fixture_imports_nothing(run: Callable[..., str]) -> None:
    """A run of other tests is as fast as before."""
    assert "1 passed" in run("-p", "no:anyio", "mine")


def _needed(name: str) -> set[str]:
    """Name a distribution's dependencies, and theirs."""
    found: set[str] = set()
    ahead = [name]
    while ahead:
        here = ahead.pop()
        try:
            requirements = importlib.metadata.requires(here) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # it is for another system
        if here != "cochat-devkit":
            found.add(here)
        named = [re.split(r"[^\w.-]", each, maxsplit=1)[0] for each in requirements if "extra ==" not in each]
        ahead += [each for each in named if each not in found]
    return found


def _tops_of(name: str) -> set[Path]:
    """Name what a distribution has put into the folder of packages."""
    root = Path(sysconfig.get_path("purelib"))
    files = importlib.metadata.files(name) or []
    tops = {each.parts[0] for each in files if each.parts[0] not in ("..", "__pycache__")}
    return {root / top for top in tops if (root / top).exists()}


def test_the_environment_is_bare(python: Path) -> None:
    """What develops this project is not in it."""
    program = "import importlib.util as u; print([u.find_spec(n) is None for n in ('hypothesis', 'mypy', 'aiohttp')])"
    ran = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[True, True, True]"
    assert sys.prefix not in str(python)
