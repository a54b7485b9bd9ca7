"""What `pip install` brings: the package, its templates and its example plugins, and nothing of this machine."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Build the wheel, and list its files."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_wheel_carries_templates_and_plugins(names: list[str]) -> None:
    """The scaffolds and the shipped plugins are in the wheel, where the code looks for them."""
    for kind in ("tool", "filter", "pipe", "action"):
        assert any(name.startswith(f"cochat_devkit/_packaged/templates/{kind}/") for name in names)
    assert "cochat_devkit/_packaged/plugins/tools/url_fetch.py" in names
    assert any(name.startswith("cochat_devkit/server/catalogue/") for name in names)
    assert "cochat_devkit/py.typed" in names


def test_wheel_carries_nothing_else(names: list[str]) -> None:
    """No test of ours, no cache and no mirror is in the wheel."""
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"cochat_devkit"}
    assert not [name for name in names if "__pycache__" in name or name.endswith((".db", ".pyc"))]
