"""What is said here of the plugins in plugins/, beside what a real server's own code says of them."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cochat_devkit.facts import VERSIONS
from cochat_devkit.kinds.plugin_source import replace_imports
from cochat_devkit.plugin import LoadFailure, LoadRequest, PluginFacts, PluginOffer
from cochat_devkit.runtime.child_loader import ChildLoader
from tests.parity.index import GAPS, LOADING, fact_of
from tests.parity.report import Row
from tests.runtime.server_probe_runner import ask_server, python_of

if TYPE_CHECKING:
    from cochat_devkit.plugin import Generation, PluginKind, PluginLoader
    from cochat_devkit.resource import Json

FOLDER = Path(__file__).parent / "plugins"
#: as the probe calls every plugin
_ID, _NAME = "sample", "Sample"
#: what is said of a list of models that cannot be made
_LISTED_FAILURE = ("outcome", "exception", "message")
#: what differs from one load to the next, and with pydantic's version
_PASSING = (
    (re.compile(r"(tool|function)_sample_[0-9a-f]{32}"), r"\1_sample"),
    (re.compile(r"errors\.pydantic\.dev/[\d.]+/"), "errors.pydantic.dev/"),
    (re.compile(r"\((/|<)[^()]*/(open_webui/[^()]*)\)|\((open_webui/[^()]*)\)"), r"(\2\3)"),
    (re.compile(r"0x[0-9a-f]+"), "0x"),
)


class Plugin(NamedTuple):
    """One plugin of the folder; its name says what it shows."""

    kind: PluginKind
    name: str
    path: Path

    @property
    def source(self) -> str:
        """The text, with its line ends as they are."""
        return self.path.read_bytes().decode("utf-8")


def all_plugins() -> list[Plugin]:
    """Find the plugins, tools first."""
    kinds: tuple[PluginKind, ...] = ("tool", "function")
    return [Plugin(kind, path.stem, path) for kind in kinds for path in sorted((FOLDER / f"{kind}s").glob("*.py"))]


def make_loader(generation: Generation) -> ChildLoader:
    """Make a loader of ours whose plugins have the packages of the real server, in its versions."""
    return ChildLoader(python=python_of(generation))


def ask_real(generation: Generation, plugins: list[Plugin], home: Path) -> dict[str, Json]:
    """Let a real server's own code load the plugins: what it says, by name."""
    said: dict[str, Json] = ask_server(generation, {each.name: (each.kind, each.source) for each in plugins}, home)
    return said


def ask_ours(loader: PluginLoader, plugin: Plugin, generation: Generation) -> Json:
    """Load a plugin here, and say of it what the real server's record has."""
    request = LoadRequest(plugin.kind, _ID, plugin.source, plugin.path, generation)
    told = loader.load(request)
    if isinstance(told, LoadFailure):
        return _failure(told)
    has_offer = told.type not in ("tool", "event")
    return {
        "outcome": "ok",
        "content_sha256": hashlib.sha256(replace_imports(plugin.source).encode()).hexdigest(),
        "type": told.type,
        "frontmatter": [[key, value] for key, value in told.frontmatter.items()],
        "specs": told.specs,
        "model_specs": told.model_specs,
        "hooks": {name: asdict(hook) for name, hook in told.hooks.items()},
        "has_user_valves": told.has_user_valves,
        "valves": told.valves,
        "user_valves": told.user_valves,
        "toggle": told.toggle,
        "priority": told.priority,
        **(_offer(told, loader.find_offer(request, {})) if has_offer else {}),
    }


def differences(ours: Json, theirs: Json) -> dict[str, tuple[Json, Json]]:
    """Name the fields in which what is said here differs: (here, there) by name."""
    here = {**ours, "place": _place(ours.get("priority"), theirs.get("place"))}
    pairs = {name: (here.get(name), each) for name, each in theirs.items()}
    return {name: pair for name, pair in pairs.items() if _comparable(pair[0]) != _comparable(pair[1])}


def rows(version: str) -> list[Row]:
    """Compare what plugins show by their load with one version of the server: a row for each, under its fact."""
    generation = next(each for each, known in VERSIONS.items() if known == version)
    shown = {name for fact in LOADING for name in fact.plugins}
    plugins = [each for each in all_plugins() if each.name in shown]
    with tempfile.TemporaryDirectory() as home, closing(make_loader(generation)) as loader:
        real = ask_real(generation, plugins, Path(home))
        found = [(each, differences(ask_ours(loader, each, generation), real[each.name])) for each in plugins]
    return [_row(each, version, differing) for each, differing in found]


def _row(plugin: Plugin, version: str, differing: dict[str, tuple[Json, Json]]) -> Row:
    note = GAPS.get((plugin.name, version), f"not the same: {', '.join(differing)}") if differing else ""
    state = {version: "gap" if differing else "validated"}
    return Row(area="loading", name=plugin.name, fact=fact_of(plugin.name), states=state, note=note)


def _failure(told: LoadFailure) -> Json:
    return {
        "outcome": "error",
        "exception": "Exception" if told.exception == "NoEntryClass" else told.exception,
        "message": told.message,
        "module": told.missing_module or told.lacking_module,
        "line": told.line,
    }


def _offer(told: PluginFacts, offer: PluginOffer | LoadFailure) -> Json:
    """Say what a function adds to the list of models, as the server's list has it."""
    if told.type == "pipe":
        # the list is made without a pipe that fails
        return {"models": [] if isinstance(offer, LoadFailure) else _models(offer.models)}
    if isinstance(offer, LoadFailure):
        return {"listed": {key: each for key, each in _failure(offer).items() if key in _LISTED_FAILURE}}
    row = {"id": _ID, "name": _NAME, "icon": told.icon}
    if told.type == "filter":
        return {"listed": [row] if offer.toggle else []}
    try:
        return {"listed": [row] if offer.actions is None else [_button(each, told.icon) for each in offer.actions]}
    except KeyError as error:  # a button without an id: there is no list of models at all
        return {"listed": dict(zip(_LISTED_FAILURE, ("error", "KeyError", str(error)), strict=True))}


def _models(models: list[Json] | None) -> list[Json]:
    if models is None:
        return [{"id": _ID, "name": _NAME}]
    return [{**each, "id": f"{_ID}.{each['id']}"} for each in models]


def _button(action: Json, icon: Json) -> Json:
    names = {"id": f"{_ID}.{action['id']}", "name": action.get("name", f"{_NAME} ({action['id']})")}
    return {**names, "icon": action.get("icon_url", icon)}


def _place(priority: float | None, theirs: Json) -> Json:
    """Say between which priorities ours stands, among those that the server was given."""
    if priority is None or not isinstance(theirs, dict):
        return None
    marks = [*theirs["after"], *theirs["before"]]
    after = [each for each in marks if each <= priority]
    return {"after": after, "before": [each for each in marks if each > priority]}


def _comparable(value: Json) -> str:
    text = json.dumps(value, sort_keys=True, default=repr)
    for pattern, instead in _PASSING:
        text = pattern.sub(instead, text)
    return text
