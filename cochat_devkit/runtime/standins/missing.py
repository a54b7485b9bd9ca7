"""Stand-ins for packages of others that are not installed: they take everything, so that a plugin can be described.

What a plugin then does means nothing: this is for specs and valves alone.
"""

from __future__ import annotations

import inspect
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins.finder import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cochat_devkit.runtime.loading import Loaded

_RAISED = ("Error", "Exception", "Warning", "Timeout")


class Anything:
    """Be whatever is wanted: a value, a function, a class to derive from, a decorator that changes nothing."""

    def __init__(self, *_args: object, **_more: object) -> None:
        """Take whatever a class of somebody else's takes."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        if name.endswith(_RAISED) and name[0].isupper():
            return type(name, (Exception,), {})
        return type(self)()

    def __call__(self, *args: Any, **more: Any) -> Any:
        # a decorator that stands without brackets, or what one with brackets gave
        is_decorated = len(args) == 1 and not more and (inspect.isroutine(args[0]) or type(args[0]) is type)
        return args[0] if is_decorated else _Made()

    def __getitem__(self, _key: object) -> Any:
        return type(self)()

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __mro_entries__(self, _bases: tuple[object, ...]) -> tuple[type, ...]:
        return (Anything,)

    def __or__(self, _other: object) -> Any:
        return self

    __ror__ = __add__ = __radd__ = __sub__ = __mul__ = __truediv__ = __or__

    def __instancecheck__(self, _value: object) -> bool:
        return False

    def __get_pydantic_core_schema__(self, _source: object, handler: Callable[[Any], Any]) -> Any:
        return handler(Any)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_error: object) -> None:
        """End nothing."""


class _Made(Anything):
    """Be what a call gave. It is taken for a class: a tool that keeps one does not offer it to the model."""

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type


class _StandInModule(ModuleType):
    """Have every name."""

    def __getattr__(self, name: str) -> Any:
        made = getattr(Anything(), name)
        self.__dict__[name] = made
        return made


class Missing(MetaPathFinder, Loader):
    """Find modules that were named as missing, and whatever lies below them."""

    def __init__(self) -> None:
        #: in the order in which they were missed
        self.names: list[str] = []

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module that is one of them."""
        is_one = any(fullname == name or fullname.startswith(f"{name}.") for name in self.names)
        return ModuleSpec(fullname, self, is_package=True) if is_one else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Make the module."""
        return _StandInModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: it has every name."""


def load_standing_in(load: Callable[[], Loaded]) -> tuple[Loaded, tuple[str, ...]]:
    """Load a plugin, again for each package that it lacks, and say for which something stood in.

    Its module-level code runs once more each time. What the plugin itself tries and does without stays missing.

    Raises:
        BaseException: whatever the plugin raises for another reason.
    """
    missing = Missing()
    sys.meta_path.append(missing)
    while True:
        try:
            return load(), tuple(missing.names)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] == PACKAGE or error.name in missing.names:
                raise
            missing.names.append(error.name)
