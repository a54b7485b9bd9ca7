"""Run: call a method of a tool here, as the server would for a model."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

from cochat_devkit.errors import UsageError
from cochat_devkit.events import Report
from cochat_devkit.kinds import kind_named, ref_of
from cochat_devkit.operations.check import choose_plugins, generation_of, load_failed
from cochat_devkit.operations.trust import require_trust
from cochat_devkit.plugin import LoadFailure, LoadRequest

if TYPE_CHECKING:
    from cochat_devkit.config import Config
    from cochat_devkit.plugin import Call, Generation

#: what is no load failure: the tool is well, and was asked wrongly
_ASKED_WRONGLY = "NoSuchMethod"


def run(config: Config, word: str, call: Call, *, generation: Generation | None, timeout_s: float) -> Report:
    """Call a method of the tool that a path or an address names.

    Raises:
        UsageError: it names no tool, or the tool has no such method.
        NotTrusted: it came from a server, and nobody here has said that it may run.
        LoadFailed: the tool does not load, or its process came to an end.
    """
    from cochat_devkit.runtime.child_loader import ChildLoader

    chosen, _tree = choose_plugins(config, [word])
    tools = [each for each in chosen if kind_named(each.resource.key.kind)[0].plugin == "tool"]
    if len(tools) != 1 or len(chosen) != 1:
        raise UsageError(f"{word} is not one tool", hint="give the address of a tool, as in tool/web_search")
    (tool,) = tools
    require_trust(config, tools)
    path, id_ = config.root / tool.path, str(tool.resource.key.slug)
    request = LoadRequest("tool", id_, tool.text, path, generation or generation_of(config))
    with closing(ChildLoader()) as loader:
        result = loader.call(request, call, timeout_s=timeout_s)
    if isinstance(result, LoadFailure):
        if result.exception == _ASKED_WRONGLY:
            raise UsageError(result.message, hint=f"see them: cochat specs {ref_of(tool.resource.key)}")
        raise load_failed(tool.path, result)
    return Report(
        counts={"events": len(result.events), "files": len(result.files), "embeds": len(result.embeds)},
        extra={**asdict(result), "ref": ref_of(tool.resource.key), "method": call.method},
        exit_code=1 if result.error else 0,
    )
