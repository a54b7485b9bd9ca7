"""Coroutines that a plugin made and never awaited: they are noticed, and Python need not warn of them."""

from __future__ import annotations

import gc
import sys
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cochat_devkit.runtime.kit.places import Places

#: how many calls before a coroutine are remembered: the plugin's line is among them
_DEPTH = 8
_HOOK = "_warn_unawaited_coroutine"


class Coroutines:
    """Notice what the interpreter notices, and say where it was made.

    The interpreter asks a function of the module `warnings` to warn; where there is none, its own warning has to do.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._depth = sys.get_coroutine_origin_tracking_depth()
        sys.set_coroutine_origin_tracking_depth(max(self._depth, _DEPTH))
        self._hook: Any = getattr(warnings, _HOOK, None)
        if self._hook is not None:
            setattr(warnings, _HOOK, self._notice)
        #: sentences, each with the plugin's line
        self.found: list[str] = []

    def look(self) -> None:
        """Collect those that only a circle keeps alive, as an exception does."""
        gc.collect(1)

    def close(self) -> None:
        """Give the hook back."""
        self.look()
        if self._hook is not None:
            setattr(warnings, _HOOK, self._hook)
        sys.set_coroutine_origin_tracking_depth(self._depth)

    def _notice(self, coroutine: Any) -> None:
        place = self._places.of((file, line) for file, line, _name in coroutine.cr_origin or ())
        if place is None:
            self._hook(coroutine)
        else:
            self.found.append(f"{place}: {coroutine.__qualname__}() was never awaited")
