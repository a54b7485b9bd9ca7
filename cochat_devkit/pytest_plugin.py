"""What a plugin's own tests may ask for: fixtures that load a plugin and call it the server's way.

The types of the fixtures stand in `cochat_devkit.kit`. A run that asks for none of them imports nothing of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from cochat_devkit.kit import (
        AsUser,
        CallTool,
        Chat,
        Events,
        Http,
        LoadedPlugin,
        LoadPlugin,
        Model,
        RunAction,
        RunFilter,
        RunPipe,
        ServerMemory,
        TwoUsers,
        Ui,
    )
    from cochat_devkit.plugin import Generation
    from cochat_devkit.runtime.kit.chats import Model as Scripted
    from cochat_devkit.runtime.kit.guards import Guards
    from cochat_devkit.runtime.kit.stage import Stage

_MARKERS = {
    "plugin(path, valves=None)": "the plugin that a test is about; without it, the one that `test_<id>.py` belongs to",
    "cochat_target_version(version)": "the version of Open WebUI that is played: 0.12.4 or 0.6.43",
    "allow_unawaited": "let a plugin make coroutines and never await them",
    "allow_blocking": "let a plugin hold up the event loop for more than 50 ms",
    "allow_left_tasks": "let a plugin leave tasks running",
    "allow_network": "let a test leave this machine",
    "allow_secrets": "let a plugin show what is saved as a secret valve",
}
_GUARDS: pytest.StashKey[Guards] = pytest.StashKey()
_TARGET = "cochat_target_version"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take which version is played, and whether the web is recorded."""
    group = parser.getgroup("cochat", "cochat-devkit, the test kit of plugins")
    group.addoption(
        "--record-http",
        action="store_true",
        help="let tests that use the fixture `http` reach the web, and record it anew, with secrets masked",
    )
    parser.addini(_TARGET, "the version of Open WebUI that plugins are tested for (default: the newest)", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Make our markers known."""
    for name, about in _MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {about} (cochat-devkit)")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, None]:
    """Let the guards of a test speak when it has come to its end, and only where it did not fail by itself."""
    outcome = yield
    guards = item.stash.get(_GUARDS, None)
    if guards is None:
        return
    said = guards.stop()
    if said and outcome.excinfo is None:
        outcome.force_exception(pytest.fail.Exception("\n".join(said), pytrace=False))


@pytest.fixture
def _cochat_stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Hold what our fixtures share in one test, and its guards."""
    from cochat_devkit.runtime.kit.guards import GUARDS, Guards
    from cochat_devkit.runtime.kit.places import workspace_of
    from cochat_devkit.runtime.kit.stage import Stage

    stage = Stage(
        root=workspace_of(request.path, request.config.rootpath),
        generation=_generation(request),
        find_plugin=lambda: cast("LoadedPlugin", request.getfixturevalue("plugin")),
    )
    guards = Guards(stage, [name for name in GUARDS if request.node.get_closest_marker(name)])
    request.node.stash[_GUARDS] = guards
    yield stage
    guards.stop()
    stage.close()


@pytest.fixture
def load_plugin(_cochat_stage: Stage) -> LoadPlugin:
    """Load plugins as the server does, under their real path: breakpoints and coverage work.

    Paths are relative to the workspace, the nearest folder above the test that has a `cochat.toml`, or else to pytest's
    root folder. What a plugin imports of `open_webui` is played. The modules are forgotten after the test.
    """
    from cochat_devkit.runtime.kit.places import absolute

    return lambda path, *, valves=None: _cochat_stage.load(absolute(path, _cochat_stage.root), valves)


@pytest.fixture
def plugin(request: pytest.FixtureRequest, load_plugin: LoadPlugin, _cochat_stage: Stage) -> LoadedPlugin:
    """Give the plugin that a test is about: `.kind .specs .model_specs .frontmatter .valves .instance`.

    `@pytest.mark.plugin("plugins/tools/x.py", valves={…})` names it, over a test, a class or, as `pytestmark`, a
    module; without one it is the plugin that the test file `test_x.py` belongs to.
    """
    from cochat_devkit.runtime.kit.places import plugin_of

    marker = request.node.get_closest_marker("plugin")
    path: str | Path = marker.args[0] if marker else plugin_of(request.path, _cochat_stage.root)
    return load_plugin(path, valves=marker.kwargs.get("valves") if marker else None)


@pytest.fixture
def call_tool(_cochat_stage: Stage) -> CallTool:
    """Call a method of a tool as the server does for a model: `call_tool("forecast", city="Oslo")`.

    Arguments are coerced, reserved ones handed over, the result handled as there: `.value .text .events .files .embeds
    .error .ms`. The tool is the one that was loaded last, or else `plugin`. In an asynchronous test: `await
    call_tool.awaited(…)`.
    """
    from cochat_devkit.runtime.kit.calls import CallTool

    return CallTool(_cochat_stage)


@pytest.fixture
def run_filter(_cochat_stage: Stage) -> RunFilter:
    """Run one hook of a filter: `run_filter("inlet", body)` gives `.body .events .ms`.

    The hook gets exactly what it gets on the server. A reserved argument may be given by name: `__model__={…}`.
    """
    from cochat_devkit.runtime.kit.calls import RunFilter

    return RunFilter(_cochat_stage)


@pytest.fixture
def run_pipe(_cochat_stage: Stage) -> RunPipe:
    """Ask a pipe: `run_pipe({"messages": […]}, stream=True)` gives `.text .chunks .body .events .error .ms`."""
    from cochat_devkit.runtime.kit.calls import RunPipe

    return RunPipe(_cochat_stage)


@pytest.fixture
def run_action(_cochat_stage: Stage) -> RunAction:
    """Press the button of an action: `run_action({"messages": […]}, id="sub")` gives `.value .embeds .events .ms`.

    What it asks the person is answered by `ui`.
    """
    from cochat_devkit.runtime.kit.calls import RunAction

    return RunAction(_cochat_stage)


@pytest.fixture
def server_memory(_cochat_stage: Stage) -> ServerMemory:
    """Put in what a plugin may find on the server: `.add_user(id=…)`, `.add_chat(id=…, user_id=…)`, `.rows("user")`.

    It is what `open_webui.models` answers from, empty at the beginning of each test but for who calls.
    """
    from cochat_devkit.runtime.standins.library import memory

    return memory


@pytest.fixture
def _cochat_model(_cochat_stage: Stage) -> Scripted:
    """Hold the scripted model of one test, whatever `model` is to the author."""
    from cochat_devkit.runtime.kit.chats import Model

    _cochat_stage.model = Model()
    return _cochat_stage.model


@pytest.fixture
def model(_cochat_model: Scripted) -> Model:
    """Be the model of a chat: `.says("…")`, `.calls("forecast", city="Oslo")`; `.requests` are what it was given.

    It answers in this order, and beyond its end repeats what it is asked; so it does where a plugin asks the model
    "scripted" itself, in a chat or in a call alone.
    """
    return _cochat_model


@pytest.fixture
def chat(_cochat_stage: Stage, _cochat_model: Scripted) -> Chat:
    """Hold one whole turn of a chat: `chat("Hello", filters=["plugins/filters/x.py"])`.

    Inlets, the model or a pipe, tool rounds, streams and outlets, as the server runs them: `.text .messages .chunks
    .body .events .requests .trace .error`. Who answers is `model`, the scripted one, or the pipe that is named.
    """
    from cochat_devkit.runtime.kit.chats import Chat

    return Chat(_cochat_stage, _cochat_model)


@pytest.fixture
def http(request: pytest.FixtureRequest, _cochat_stage: Stage) -> Iterator[Http]:
    """Replay the web for httpx, aiohttp and requests: `pytest --record-http` records it, into `cassettes/`.

    Secrets are masked before anything is written: headers, query, form and JSON values whose names say so, and the
    secret valves of every plugin of the test. `.reply(url, json=…)` answers what was never recorded, `.requests` are
    what was asked. A request without an answer fails the test.
    """
    from cochat_devkit.runtime.kit.cassettes import Http, cassette_of

    inside = request.node.nodeid.partition("::")[2].replace("::", ".")
    records = bool(request.config.getoption("--record-http"))
    with Http(_cochat_stage, cassette_of(request.path, inside), records=records).standing() as http:
        yield http


@pytest.fixture
def events(_cochat_stage: Stage) -> Events:
    """Read what the plugins of a test emitted and asked: `.of("status")`, `.last`, `.assert_sequence([…])`."""
    return _cochat_stage.events


@pytest.fixture
def ui(_cochat_stage: Stage) -> Ui:
    """Be the page that answers `__event_call__`; without a word it is closed.

    `.confirm(True)`, `.input("x")`, `.execute(result)`, `.reply(type, answer)`, `.disconnect()`, `.timeout()`.
    """
    return _cochat_stage.screen


@pytest.fixture
def as_user(_cochat_stage: Stage) -> AsUser:
    """Say who calls from now on: `as_user(role="admin", name="Ada", valves={…})`. An ordinary user is the default."""
    from cochat_devkit.runtime.kit.people import AsUser

    return AsUser(_cochat_stage)


@pytest.fixture
def two_users(_cochat_stage: Stage) -> TwoUsers:
    """Let two people call at once, to find what a plugin keeps of one and tells the other.

    `two_users.assert_nothing_leaks(lambda user: call_tool.awaited("note", text=user.name))`
    """
    from cochat_devkit.runtime.kit.people import TwoUsers

    return TwoUsers(_cochat_stage)


def _generation(request: pytest.FixtureRequest) -> Generation:
    """Read which version is played: of the marker, or else of the configuration.

    Raises:
        pytest.UsageError: there is no such version.
    """
    from cochat_devkit.facts import VERSIONS

    marker = request.node.get_closest_marker(_TARGET)
    named = str(marker.args[0] if marker else request.config.getini(_TARGET))
    if not named:
        return next(iter(VERSIONS))
    for generation, version in VERSIONS.items():
        if named in (generation, version):
            return generation
    raise pytest.UsageError(f"{_TARGET}: there is no {named!r}; it is one of {', '.join(VERSIONS.values())}")
