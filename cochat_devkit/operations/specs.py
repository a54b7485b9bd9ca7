"""Specs: what the server stores of a tool, what the model is given, and what moved since the server told it last."""

from __future__ import annotations

import difflib
import json
from contextlib import closing
from typing import TYPE_CHECKING

from cochat_devkit.errors import UnknownResource, UsageError
from cochat_devkit.kinds import kind_named
from cochat_devkit.operations.check import generation_of, load_failed
from cochat_devkit.operations.offline import look_offline
from cochat_devkit.operations.packages import python_of
from cochat_devkit.operations.session import select
from cochat_devkit.operations.trust import require_trust
from cochat_devkit.plugin import LoadFailure, LoadRequest
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from cochat_devkit.config import Config
    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json


class Specs(NamedTuple):
    """Hold the specs of a tool: stored, as the model sees them, and as the server told them last (None: never).

    `stood_in` names the packages that are missing here and that something stood in for.
    """

    ref: str
    path: str
    stored: list[Json]
    model: list[Json]
    pulled: list[Json] | None
    stood_in: tuple[str, ...]

    @property
    def moved(self) -> list[str]:
        """List the lines in which the stored specs differ from those that were pulled; nothing where none were."""
        if self.pulled is None:
            return []
        before, now = _lines(self.pulled), _lines(self.stored)
        return list(difflib.unified_diff(before, now, "on the server", "here", lineterm=""))


def make_specs(
    config: Config, ref: str, *, target: str | None, generation: Generation | None, stands_in: bool = False
) -> Specs:
    """Load a tool and make its specs; `stands_in` lets something stand in for packages that are missing here.

    Raises:
        UsageError: the address names no tool, or several resources.
        UnknownResource: the tool has no file here.
        NotTrusted: it came from a server, and nobody here has said that it may run.
        LoadFailed: it does not load.
    """
    from cochat_devkit.runtime.child_loader import ChildLoader

    with look_offline(config, select([ref]), target) as known:
        keys = [key for key, type_ in known.types.items() if select([ref]).has(key, type_)]
        if len(keys) != 1 or kind_named(keys[0].kind)[0].plugin != "tool":
            raise UsageError(f"{ref} is not one tool", hint="give the address of a tool, as in tool/web_search")
        (key,) = keys
        local = known.tree.found.get(key)
        if local is None:
            raise UnknownResource(f"{ref} has no file here", hint=f"cochat pull {ref}")
        told = known.reader.derived(known.scope, key) if known.scope and key in known.rows else {}
    require_trust(config, [local])
    path, version = config.root / local.path, generation or generation_of(config)
    request = LoadRequest("tool", str(key.slug), local.text, path, version, stands_in)
    with closing(ChildLoader(python=python_of(config))) as loader:
        facts = loader.load(request)
    if isinstance(facts, LoadFailure):
        raise load_failed(local.path, facts)
    pulled = told.get("specs") if isinstance(told, dict) else None
    return Specs(ref, local.path, facts.specs, facts.model_specs, pulled, facts.stood_in)


def _lines(specs: list[Json]) -> list[str]:
    by_name = sorted(specs, key=lambda each: str(each.get("name")))
    return json.dumps(by_name, indent=2, ensure_ascii=False, sort_keys=True).splitlines()
