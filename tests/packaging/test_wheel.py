"""What `pip install` brings: the package, its templates and its example plugins, and nothing of this machine."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    """List the files of the wheel."""
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
