"""Parity: whether plugins load here as records of a real server say that they do there."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from typing import TYPE_CHECKING

from cochat_devkit.errors import UsageError
from cochat_devkit.events import Outcome, Progress, Report
from cochat_devkit.kinds.plugin_source import replace_imports
from cochat_devkit.plugin import LoadFailure, LoadRequest
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cochat_devkit.events import Emit
    from cochat_devkit.plugin import Generation, Hook, PluginFacts, PluginLoader, PluginOffer
    from cochat_devkit.resource import Json

#: a plugin that imports half of the server's packages takes its time
LOAD_LIMIT_S = 60.0
#: what the server calls the failure that has a name of its own here
_EXCEPTIONS = {"NoEntryClass": "Exception"}
#: whoever made the records had no network, and we may have one
_NOT_COMPARED = "network_at_load"
#: how the server was set that made the records, where a plugin's valves can tell
_RECORDED_WITH = {"GLOBAL_LOG_LEVEL": "CRITICAL"}
#: differences told of one plugin
_MOST_TOLD = 20
_MOST_SHOWN_CHARS = 80


class Difference(NamedTuple):
    """Say where two answers differ: a path of keys, what is said here, and what the record says."""

    path: str
    here: Json
    there: Json

    def __str__(self) -> str:
        return f"{self.path}: {_short(self.here)} here, {_short(self.there)} on the server"


def compare_with_records(
    golden: Path, sources: Path, *, generation: Generation, python: Path | None, emit: Emit
) -> Report:
    """Load every plugin of which there is a record, found below a folder by the sha256 of its bytes, and compare.

    `python` is the interpreter whose packages the plugins may import; None is our own.

    Raises:
        UsageError: a file or folder is not there, or holds no records.
    """
    from cochat_devkit.runtime.child_loader import ChildLoader

    records = _read_records(golden)
    found = _find_sources(sources, {str(each["sha256"]) for each in records})
    report = Report(extra={"golden": str(golden), "generation": generation})
    with closing(ChildLoader(timeout_s=LOAD_LIMIT_S, python=python, settings=_RECORDED_WITH)) as loader:
        for number, record in enumerate(records):
            emit(Progress("loading", number, len(records)))
            report.add(_compare(record, found.get(record["sha256"]), loader, generation))
    emit(Progress("loading", len(records), len(records)))
    return report


def _read_records(golden: Path) -> list[Json]:
    try:
        records = [json.loads(line) for line in golden.read_text(encoding="utf-8").splitlines() if line.strip()]
        wrong = [each for each in records if not {"sha256", "kind", "id", "load"} <= set(each)]
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{golden} cannot be read: {error}", hint="it has one JSON object a line") from error
    if wrong or not records:
        raise UsageError(f"{golden} holds no records of plugins", hint="each has sha256, kind, id and load")
    return records


def _find_sources(folder: Path, wanted: set[str]) -> dict[str, Path]:
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder", hint="give the folder that holds the sources")
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if digest in wanted:
                found.setdefault(digest, path)
    return found


def _compare(record: Json, path: Path | None, loader: PluginLoader, generation: Generation) -> Outcome:
    ref = f"{record['kind']}/{record['id']}"
    if record["load"].get("cause") == _NOT_COMPARED:
        return Outcome(ref, "skip", "its load needs the network")
    if path is None:
        return Outcome(
            ref, "missing", "its source is not in the folder", exit_code=1, error=f"sha256 {record['sha256']}"
        )
    source = path.read_bytes().decode("utf-8", "surrogateescape")
    as_kind = "tool" if record["load"].get("as", record["kind"]) == "tool" else "function"
    request = LoadRequest("tool" if as_kind == "tool" else "function", record["id"], source, path, generation)
    told = loader.load(request)
    if isinstance(told, LoadFailure):
        differences = _differences(_failure(told), _failure_in(record), "load")
    else:
        offer = loader.find_offer(request, {}) if told.type in ("pipe", "action") else None
        differences = _differences(_facts(told, offer, source, record), _facts_in(record), "")
    kept = [each for each in differences if not _is_volatile(each.path, record.get("volatile") or ())]
    if not kept:
        return Outcome(ref, "same", record["load"]["outcome"], str(path))
    lines = tuple(str(each) for each in kept[:_MOST_TOLD])
    return Outcome(ref, "differs", f"{len(kept)} differences", str(path), exit_code=1, error=lines[0], changes=lines)


def _failure(told: LoadFailure) -> Json:
    return {
        "outcome": "error",
        "exc": _EXCEPTIONS.get(told.exception, told.exception),
        "lineno": told.line,
        "name": told.missing_module or told.lacking_module,
    }


def _failure_in(record: Json) -> Json:
    load = record["load"]
    if load["outcome"] == "ok":
        return {"outcome": "ok"}
    return {"outcome": "error", "exc": load["exc"], "lineno": load.get("lineno"), "name": load.get("name")}


def _facts(told: PluginFacts, offer: PluginOffer | LoadFailure | None, source: str, record: Json) -> Json:
    """Say of a plugin what a record says, and no more than it says."""
    found: dict[str, Json] = {
        "outcome": "ok",
        "content_sha256": hashlib.sha256(replace_imports(source).encode("utf-8", "surrogateescape")).hexdigest(),
        "type": told.type,
        "frontmatter": told.frontmatter,
        "specs": told.specs,
        "specs_model_facing": told.model_specs,
        "valves_schema": told.valves,
        "user_valves_schema": told.user_valves,
        "handlers": {name: _hook(each) for name, each in told.hooks.items()},
        "tool_functions": list(told.hooks),
        "tool_handlers": {name: _method(each) for name, each in told.hooks.items()},
        "has_user_valves": told.has_user_valves,
        "toggle": told.toggle,
        "priority": told.priority,
        "icon": _like(told.icon, record.get("icon")),
    }
    if offer is not None and not isinstance(offer, LoadFailure):
        if told.type == "pipe":
            models = offer.models
            own = [{"id": record["id"], "name": "<function name>"}]
            found["pipe_models"] = (
                own if models is None else [{**each, "id": f"{record['id']}.{each['id']}"} for each in models]
            )
            found["pipes_kind"] = _colour(told.hooks.get("pipes"))
        found["actions"] = offer.actions
    return found


def _facts_in(record: Json) -> Json:
    load = record["load"]
    if load["outcome"] != "ok":
        return {"outcome": "error", "exc": load["exc"], "lineno": load.get("lineno"), "name": load.get("name")}
    found = {name: record[name] for name in _COMPARED if name in record}
    # a route that answers 500 gives no schema
    for name in ("valves_schema", "user_valves_schema"):
        if f"{name}_error" in record:
            found[name] = None
    return {"outcome": "ok", **found}


_COMPARED = (
    *("content_sha256", "type", "frontmatter", "specs", "specs_model_facing", "valves_schema", "user_valves_schema"),
    *("handlers", "tool_functions", "tool_handlers", "has_user_valves", "toggle", "priority", "icon", "pipe_models"),
    *("pipes_kind", "actions"),
)


def _hook(hook: Hook) -> Json:
    return {
        "callable": hook.is_callable,
        "is_asyncgenfunction": hook.is_async and hook.yields,
        "is_coroutinefunction": hook.is_async and not hook.yields,
        "is_generatorfunction": hook.yields and not hook.is_async,
        "params": list(hook.parameters),
    }


def _method(hook: Hook) -> Json:
    return {name: each for name, each in _hook(hook).items() if name not in ("callable", "is_generatorfunction")}


def _colour(hook: Hook | None) -> str | None:
    if hook is None:
        return None
    return ("async" if hook.is_async else "sync") if hook.is_callable else "list"


def _like(icon: Json, recorded: Json) -> Json:
    """Say of an icon what the record says of it: its length and digest where it is long."""
    if not isinstance(recorded, dict) or not isinstance(icon, str):
        return icon
    told = {"head": icon[: len(recorded.get("head", ""))], "len": len(icon)}
    return {**told, "sha256": hashlib.sha256(icon.encode()).hexdigest()[: len(recorded.get("sha256", ""))]}


def _differences(here: Json, there: Json, path: str) -> list[Difference]:
    """List where two JSON values differ; of objects only what the second has is asked of the first at the top."""
    return list(_walk(here if path else {name: here.get(name) for name in there}, there, path))


def _walk(here: Json, there: Json, path: str) -> Iterator[Difference]:
    if isinstance(here, dict) and isinstance(there, dict):
        for name in sorted({*here, *there}):
            place = f"{path}.{name}" if path else str(name)
            if name not in here or name not in there:
                yield Difference(place, here.get(name), there.get(name))
            else:
                yield from _walk(here[name], there[name], place)
    elif isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
        for number, (ours, theirs) in enumerate(zip(here, there, strict=True)):
            yield from _walk(ours, theirs, f"{path}[{number}]")
    elif here != there or isinstance(here, bool) is not isinstance(there, bool):
        yield Difference(path, here, there)


def _is_volatile(path: str, volatile: list[str] | tuple[str, ...]) -> bool:
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in volatile)


def _short(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MOST_SHOWN_CHARS else f"{text[:_MOST_SHOWN_CHARS]}..."
