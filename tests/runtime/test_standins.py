"""`open_webui` can be imported where no server is: what a version has is there, and what it has not fails as there."""

from __future__ import annotations

import importlib
import inspect
import io
import json
import sys
from pathlib import Path

import pytest

from cochat_devkit.facts import VERSIONS, path_of, read_facts
from cochat_devkit.runtime.standins.finder import StandInModule, install, uninstall
from cochat_devkit.runtime.standins.refusing import NotOffline, Refusing


@pytest.fixture(params=list(VERSIONS))
def generation(request, tmp_path):
    """Play each generation in turn."""
    install(request.param, tmp_path)
    yield request.param
    uninstall()


@pytest.fixture
def newest(tmp_path):
    """Play 0.12."""
    install("0.12", tmp_path)
    yield
    uninstall()


def test_the_facts_are_those_of_the_file(generation):
    """What is read line by line is what the whole file says."""
    version = VERSIONS[generation]
    facts = read_facts(version)
    assert {**facts} == json.loads(path_of(version).read_text(encoding="utf-8"))["modules"]
    assert len(facts) == len([*facts]) > 100
    with pytest.raises(KeyError):
        facts["open_webui.nothing"]


def test_every_name_of_every_module_can_be_imported(generation):
    """Whatever my plugin imports of the server's own package, the import works here if it works there."""
    for module, about in read_facts(VERSIONS[generation]).items():
        played = importlib.import_module(module)
        for name in about["names"].keys() - {"*"}:
            assert hasattr(played, name), f"{module}.{name}"


@pytest.mark.parametrize(
    ("statement", "error", "name"),
    [
        ("import open_webui.apps.webui.models.users", ModuleNotFoundError, "open_webui.apps"),
        ("from open_webui.models.nothing import X", ModuleNotFoundError, "open_webui.models.nothing"),
        ("from open_webui.internal.db import get_db_context", ImportError, "open_webui.internal.db"),
    ],
)
@pytest.mark.usefixtures("newest")
def test_what_the_version_lacks_fails_as_on_the_server(statement, error, name):
    """The class of the exception and the name in it are the server's."""
    with pytest.raises(ImportError) as raised:
        exec(statement, {})
    assert (type(raised.value), raised.value.name) == (error, name)


def test_a_call_has_the_colour_of_the_version(generation):
    """An `await` that I forgot is missing here as it is there."""
    users = importlib.import_module("open_webui.models.users").Users
    assert inspect.iscoroutinefunction(users.get_user_by_id) == (generation == "0.12")


@pytest.mark.usefixtures("newest")
def test_what_is_only_named_refuses_loudly():
    """I read which thing of the server's my plugin used, where it used it."""
    main = importlib.import_module("open_webui.main")
    assert isinstance(main.app.router.routes["y"], Refusing)
    for use in (bool, str, list, lambda value: value(), lambda value: value + 1):
        with pytest.raises(NotOffline, match=r"^open_webui\.main\.app\.router is the server's own, and is not there"):
            use(main.app.router)
    with pytest.raises(NotOffline, match=r"open_webui\.utils\.misc\.parse_ollama_modelfile"):
        importlib.import_module("open_webui.utils.misc").parse_ollama_modelfile("")


def test_the_application_has_what_the_version_puts_there(generation, monkeypatch):
    """Settings of 0.6 come from the environment; what nobody knows refuses, and what is not there is not here."""
    monkeypatch.setenv("TASK_MODEL", "small")
    state = importlib.import_module("open_webui.main").app.state
    assert (state.OPENAI_MODELS, state.LICENSE_METADATA) == ({}, None)
    assert isinstance(state.EMBEDDING_FUNCTION, Refusing)
    with pytest.raises(AttributeError, match=r"^'State' object has no attribute 'NOTHING'$"):
        _ = state.NOTHING
    if generation == "0.12":
        assert not hasattr(state, "config")
        return
    config = importlib.import_module("open_webui.config")
    assert (state.config.TASK_MODEL, config.TASK_MODEL.value, config.TASK_MODEL.env_name) == ("small",) * 2 + (
        "TASK_MODEL",
    )
    assert isinstance(state.config.ENABLE_SIGNUP, Refusing)
    state.config.ENABLE_SIGNUP = False
    assert state.config.ENABLE_SIGNUP is False


@pytest.mark.usefixtures("newest")
def test_models_take_what_the_servers_take():
    """The pydantic models of the package are models here, with its fields and defaults."""
    users = importlib.import_module("open_webui.models.users")
    fields = users.UserModel.model_fields
    assert fields.keys() >= {"id", "name", "email", "role"}
    assert fields["email"].annotation is str
    assert importlib.import_module("open_webui.constants").TASKS.TITLE_GENERATION == "title_generation"


@pytest.mark.usefixtures("newest")
def test_settings_come_from_the_environment_as_on_the_server(monkeypatch, tmp_path):
    """A setting that I export is read; the folders lie where the loader said."""
    env = importlib.import_module("open_webui.env")
    assert env.VERSION == "0.12.4"
    assert env.DATABASE_SCHEMA is None
    monkeypatch.setenv("ENABLE_WEBSOCKET_SUPPORT", "False")
    assert env.ENABLE_WEBSOCKET_SUPPORT is False
    cache = importlib.import_module("open_webui.config").CACHE_DIR
    assert cache == tmp_path / "data" / "cache"


def test_the_folder_that_they_made_is_taken_away():
    """A test of mine that keeps a file leaves none behind."""
    install("0.12")
    storage = importlib.import_module("open_webui.storage.provider").Storage
    _, path = storage.upload_file(io.BytesIO(b"abc"), "a.txt", {})
    assert Path(path).read_bytes() == b"abc"
    for outside in ("../a.txt", "/tmp/a.txt", "a/b.txt", ""):
        with pytest.raises(NotOffline, match="outside of its uploads"):
            storage.upload_file(io.BytesIO(b"abc"), outside, {})
    uninstall()
    assert not Path(path).parents[2].exists()


def test_nothing_is_left_of_them(tmp_path):
    """After a test, `open_webui` is what it was before."""
    install("0.6", tmp_path)
    importlib.import_module("open_webui.models.users")
    uninstall()
    assert not [name for name, module in sys.modules.items() if isinstance(module, StandInModule)]
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("open_webui.models.users")
