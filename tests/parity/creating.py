"""What the routes say when plugins are created and saved: the local server's, beside a real server's."""

from __future__ import annotations

import json
import re
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from cochat_devkit.facts import VERSIONS
from cochat_devkit.operations.serve import running_server
from cochat_devkit.runtime.child_loader import ChildLoader
from tests.contract.real.servers import start_real_server
from tests.contract.stage import FUNCTIONS, TOOLS, make_client, read_json
from tests.parity.index import LOADING, ROUTE_GAPS, fact_of
from tests.parity.loading import Plugin, all_plugins
from tests.parity.report import Row
from tests.runtime.server_probe_runner import python_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.stage import PluginKind

Json = Any
_KINDS = {"tool": TOOLS, "function": FUNCTIONS}
#: plugins of each fact that are sent to a server
_OF_EACH = 2
#: what exits ends a server of the 0.6 generation, and for requirements it runs pip
_NEVER_SENT = {"0.6.43": ("error_exit_at_import", "error_exit_in_init", "frontmatter_requirements_torn")}
_SENT_TOO = ("error_exit_at_import", "error_exit_in_init")
#: what a server keeps of a plugin by loading it
_KEPT = ("type", "content", "specs", "manifest", "toggle", "has_user_valves")
_PASSING = (
    (re.compile(r"((?:tool|function)_[a-z0-9_]+?)_[0-9a-f]{32}"), r"\1"),
    (re.compile(r"errors\.pydantic\.dev/[\d.]+/"), "errors.pydantic.dev/"),
    (re.compile(r"\([^()]*open_webui/([^()]*)\)"), r"(\1)"),
)


def chosen_plugins(version: str) -> dict[str, Plugin]:
    """Choose some plugins of each fact that a load shows, by name."""
    names = {*_SENT_TOO, *(name for fact in LOADING for name in fact.plugins[:_OF_EACH])}
    names -= {*_NEVER_SENT.get(version, ())}
    return {each.name: each for each in all_plugins() if each.name in names}


@contextmanager
def real_admin(version: str, home: Path) -> Iterator[httpx.Client]:
    """Speak to a real server, as its admin."""
    settings = {"ENABLE_PIP_INSTALL_FRONTMATTER_REQUIREMENTS": "False"}
    with start_real_server(version, home, settings=settings) as server, make_client(server.url, server.token) as client:
        yield client


@contextmanager
def local_admin(version: str) -> Iterator[httpx.Client]:
    """Speak to the local server of the same generation, whose plugins have the real one's packages."""
    generation = next(each for each, known in VERSIONS.items() if known == version)
    with (
        closing(ChildLoader(python=python_of(generation))) as loader,
        running_server(flavor=f"owui-{generation}", loader=loader) as server,
        make_client(server.url, server.token) as client,
    ):
        yield client


def ask(client: httpx.Client, plugin: Plugin) -> Json:
    """Create a plugin, save it over another one, and say what was answered and what is kept of it."""
    kind = _KINDS[plugin.kind]
    created = client.post(f"{kind.path}/create", json=kind.form(plugin.name, plugin.source))
    if created.status_code != 200:
        read_json(client.post(f"{kind.path}/create", json=kind.form(plugin.name)))
    saved = client.post(kind.url(plugin.name, "/update"), json=kind.form(plugin.name, plugin.source))
    told = {"create": _answer(created, kind), "update": _answer(saved, kind)}
    if saved.status_code == 200:
        for route in ("/valves/spec", "/valves/user/spec"):
            told[route] = _schema(client, kind.url(plugin.name, route))
    read_json(client.delete(kind.url(plugin.name, "/delete")))
    return _lasting(told)


def rows(version: str) -> list[Row]:
    """Compare the routes with one version of the server: a row for each plugin."""
    with (
        tempfile.TemporaryDirectory() as home,
        real_admin(version, Path(home) / "server") as real,
        local_admin(version) as local,
    ):
        same = {each.name: ask(local, each) == ask(real, each) for each in chosen_plugins(version).values()}
    return [
        Row(
            area="routes",
            name=name,
            fact=fact_of(name),
            states={version: "validated" if is_same else "gap"},
            note="" if is_same else ROUTE_GAPS.get((name, version), "not the same"),
        )
        for name, is_same in same.items()
    ]


def _schema(client: httpx.Client, url: str) -> Json:
    """Ask for the schema of valves; a real server that fails at it may reset the connection."""
    try:
        spec = client.get(url, headers={"Connection": "close"})
    except httpx.ReadError:
        return 500
    return spec.json() if spec.status_code == 200 else spec.status_code


def _answer(answer: httpx.Response, kind: PluginKind) -> Json:
    """Say what was answered, as far as the source of a plugin decides it."""
    if answer.status_code != 200:
        is_json = answer.headers["content-type"].startswith("application/json")
        return [answer.status_code, answer.json()["detail"] if is_json else answer.text]
    row = answer.json()
    found = {**row["meta"], **row}
    return {name: found[name] for name in _KEPT if name in found} | {"of": kind.name}


def _lasting(told: Json) -> Json:
    text = json.dumps(told)
    for pattern, instead in _PASSING:
        text = pattern.sub(instead, text)
    return json.loads(text)
