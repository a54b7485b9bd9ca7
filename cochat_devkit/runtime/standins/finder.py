"""How `open_webui` is imported from the facts of a version."""

from __future__ import annotations

import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cochat_devkit.facts import VERSIONS, read_facts
from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.build import build
from cochat_devkit.runtime.standins.library import memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json

PACKAGE = "open_webui"


class StandInModule(ModuleType):
    """Play one module: names are made when they are first asked for."""

    def __init__(self, name: str, names: Mapping[str, Json], *, is_package: bool) -> None:
        super().__init__(name)
        self.__dict__["_facts"] = names
        self.__dict__["__all__"] = [each for each in names if not each.startswith("_") and each != "*"]
        self.__dict__["__file__"] = f"{name.replace('.', '/')}{'/__init__' if is_package else ''}.py"

    def __getattr__(self, name: str) -> Any:
        facts: Mapping[str, Json] = self.__dict__["_facts"]
        made = build(self, name, facts[name]) if name in facts else self._starred(name)
        self.__dict__[name] = made
        return made

    def _starred(self, name: str) -> Any:
        """Find a name that came with an `import *`."""
        told = self.__dict__["_facts"].get("*")
        try:
            if told is not None and not name.startswith("__"):
                return getattr(importlib.import_module(told["of"]), name)
        except (ImportError, AttributeError):
            pass
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


class StandIns(MetaPathFinder, Loader):
    """Find and load the modules of one version. A server's package that is installed as well is not looked at."""

    def __init__(self, generation: Generation) -> None:
        self.version = VERSIONS[generation]
        self._modules = read_facts(self.version)

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module that the version has.

        Raises:
            ModuleNotFoundError: it is one of the package's, and the version does not have it.
        """
        if fullname.partition(".")[0] != PACKAGE:
            return None
        if fullname not in self._modules:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return ModuleSpec(fullname, self, is_package=self._modules[fullname]["package"])

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Make the module."""
        facts = self._modules[spec.name]
        return StandInModule(spec.name, facts["names"], is_package=facts["package"])

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: its names are made when they are asked for."""


def install(generation: Generation, place: Path | None = None) -> None:
    """Make `open_webui` importable in this process, as the version that speaks for a generation has it.

    `place` is the folder below which the played server has its files; None makes one when it is needed.
    """
    uninstall()
    home.settle(VERSIONS[generation], place)
    memory.reset()
    sys.meta_path.insert(0, StandIns(generation))


def uninstall() -> None:
    """Forget the stand-ins, every module of theirs, and the folder that they made."""
    home.leave()
    others = [each for each in sys.meta_path if not isinstance(each, StandIns)]
    if len(others) == len(sys.meta_path):
        return
    sys.meta_path[:] = others
    for name in [each for each, module in sys.modules.items() if isinstance(module, StandInModule)]:
        del sys.modules[name]
