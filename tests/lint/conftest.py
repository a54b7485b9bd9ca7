"""What the tests of the checks share: one warm loader, and plugins that stand in a folder."""

from __future__ import annotations

import pytest

from cochat_devkit.lint import PluginFile, check_plugins
from cochat_devkit.runtime.child_loader import ChildLoader

FOLDERS = {"": "plugins/tools", "filter": "plugins/filters", "pipe": "plugins/pipes", "action": "plugins/actions"}


class Workspace:
    """A folder with plugins, and the checks run over it."""

    def __init__(self, root, loader):
        self.root = root
        self.loader = loader
        self.files = []

    def add(self, source, type_="", id_="example", stated_valves=()):
        shown = f"{FOLDERS.get(type_, 'plugins/events')}/{id_}.py"
        path = self.root / shown
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.encode())
        kind = "function" if type_ else "tool"
        self.files.append(PluginFile(kind, type_, id_, path, shown, source, stated_valves))

    def check(self, **more):
        return check_plugins(self.files, self.loader, **{"generation": "0.12", "root": self.root, **more})


@pytest.fixture(scope="session")
def warm_loader():
    with ChildLoader(timeout_s=10) as loader:
        yield loader


@pytest.fixture
def workspace(tmp_path, warm_loader):
    return Workspace(tmp_path, warm_loader)
