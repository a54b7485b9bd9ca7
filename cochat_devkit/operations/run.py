"""Run: call one method or hook of a plugin here, as the server would."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

from cochat_devkit.errors import UsageError
from cochat_devkit.events import Report
from cochat_devkit.kinds import kind_named
from cochat_devkit.operations.check import choose_plugins, generation_of, load_failed
from cochat_devkit.operations.packages import python_of
from cochat_devkit.operations.payloads import changes
from cochat_devkit.operations.trust import require_trust
from cochat_devkit.plugin import LoadFailure, LoadRequest

if TYPE_CHECKING:
    from cochat_devkit.config import Config
    from cochat_devkit.plugin import Call, Generation

#: what is no load failure: the plugin is well, and was asked wrongly
_ASKED_WRONGLY = ("NoSuchMethod", "NoSuchHook")


def run(config: Config, word: str, call: Call, *, generation: Generation | None, timeout_s: float) -> Report:
    """Call a method of the tool, or a hook of the function, that a path or an address names.

    Raises:
        UsageError: it names no plugin, or one without such a method.
        NotTrusted: it came from a server, and nobody here has said that it may run.
        LoadFailed: it does not load, or its process came to an end.
    """
    from cochat_devkit.runtime.child_loader import ChildLoader

    chosen, _tree = choose_plugins(config, [word])
    kinds = [kind_named(each.resource.key.kind)[0].plugin for each in chosen]
    kind = kinds[0] if len(kinds) == 1 else None
    if kind is None:
        raise UsageError(f"{word} is not one plugin", hint="give the address of one, as in tool/web_search")
    (plugin,) = chosen
    require_trust(config, chosen)
    ref = f"{plugin.resource.type or plugin.resource.key.kind}/{plugin.resource.key.slug}"
    path, id_ = config.root / plugin.path, str(plugin.resource.key.slug)
    request = LoadRequest(kind, id_, plugin.text, path, generation or generation_of(config))
    with closing(ChildLoader(python=python_of(config))) as loader:
        result = loader.call(request, call, timeout_s=timeout_s)
    if isinstance(result, LoadFailure):
        if result.exception in _ASKED_WRONGLY:
            raise UsageError(result.message, hint=f"see them: cochat {_SHOWS[kind]} {ref}")
        raise load_failed(plugin.path, result)
    return Report(
        counts={"events": len(result.events), "files": len(result.files), "embeds": len(result.embeds)},
        extra={
            **asdict(result),
            "ref": ref,
            "method": call.method,
            "changes": changes(result.before, result.value) if call.method in _CHANGES else [],
        },
        exit_code=1 if result.error else 0,
    )


#: by kind, the command that shows what can be called
_SHOWS = {"tool": "specs", "function": "show"}
#: the hooks that are given what they give back
_CHANGES = ("inlet", "outlet", "stream", "request")
