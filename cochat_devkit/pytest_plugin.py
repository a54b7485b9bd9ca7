"""What a plugin's own tests may ask for: fixtures that load a plugin the server's way, in the test's own process."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cochat_devkit.plugin import LoadRequest, PluginKind
    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.loading import Loaded


@dataclass(frozen=True)
class LoadedPlugin:
    """Hold a plugin as the server would have it.

    `instance` is the one object that all users share; `kind` is "tool", "filter", "pipe", "action" or "event"; `specs`
    are the stored specs of a tool's methods, by method.
    """

    instance: Any
    kind: str
    frontmatter: dict[str, str]
    specs: dict[str, Json]

    @property
    def valves(self) -> Any:
        """Show the valves that the plugin reads now; None where it has none."""
        return getattr(self.instance, "valves", None)


class LoadPlugin(Protocol):
    """Load the plugin in a file; a relative path starts at the workspace."""

    def __call__(self, path: str | Path) -> LoadedPlugin:
        """Load it; whatever the plugin raises goes through."""
        ...


@pytest.fixture
def load_plugin(request: pytest.FixtureRequest) -> Iterator[LoadPlugin]:
    """Load plugins as the server does, under their real path: breakpoints and coverage work.

    Paths are relative to the workspace, the nearest folder above the test that has a `cochat.toml`, or else to pytest's
    root folder. What a plugin imports of `open_webui` is played. The modules are forgotten after the test.
    """
    from cochat_devkit.runtime.standins.finder import install, uninstall

    root = _workspace_root(request.path, request.config.rootpath)
    modules_before = dict(sys.modules)
    install("0.12")

    def load(path: str | Path) -> LoadedPlugin:
        return _load(root / path)

    yield load
    uninstall()
    for name in set(sys.modules) - set(modules_before):
        if name.startswith(("tool_", "function_")):
            del sys.modules[name]


def _workspace_root(test_file: Path, fallback: Path) -> Path:
    for folder in test_file.parents:
        if (folder / "cochat.toml").is_file():
            return folder
    return fallback


def _load(path: Path) -> LoadedPlugin:
    from cochat_devkit.plugin import LoadRequest
    from cochat_devkit.runtime.loading import stored_specs

    with path.open(encoding="utf-8", newline="") as file:
        source = file.read()
    loaded = _load_in_a_loop(LoadRequest(_kind_of(path, source), path.stem, source, path))
    specs = {spec["name"]: spec for spec in stored_specs(loaded, "0.12")}
    return LoadedPlugin(loaded.instance, loaded.type, loaded.frontmatter, specs)


def _load_in_a_loop(request: LoadRequest) -> Loaded:
    """Load inside a running event loop, as the server does."""
    import asyncio

    from cochat_devkit.runtime.loading import load_here

    async def load() -> Loaded:
        return load_here(request)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(load())
    return load_here(request)


def _kind_of(path: Path, source: str) -> PluginKind:
    """Tell a tool from a function: by the folder that the kind table gives them, else by the class in the text."""
    import re

    from cochat_devkit.kinds import all_kinds

    place = path.absolute().parent.as_posix()
    for kind in all_kinds():
        if kind.plugin and any(place.endswith(folder) for folder in kind.folders.values()):
            return kind.plugin
    return "tool" if re.search(r"^class Tools\b", source, re.MULTILINE) else "function"
