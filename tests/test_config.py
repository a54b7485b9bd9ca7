"""`cochat.toml`: what is in it is meant, and a mistake in it is answered with the right word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.config import find_root, parse_base_url, read_config
from cochat_devkit.errors import BadSetting, NotAWorkspace

GOOD = '[targets.main]\nurl = "https://a.test/"\n[targets.stage]\nurl = "http://127.0.0.1:8080"\n'


def read(tmp_path, text, name="cochat.toml"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_config(tmp_path)


def test_targets_are_read(tmp_path):
    """The first target is the default one; each has its address in one form."""
    config = read(tmp_path, GOOD)
    assert config.default_target == "main"
    assert config.target_named(None).url == "https://a.test"
    assert config.target_named("stage").url == "http://127.0.0.1:8080"
    assert config.mirror_path == tmp_path / "mirror.db"
    assert read(tmp_path, 'default_target = "stage"\n' + GOOD).target_named(None).name == "stage"


def test_the_workspace_is_found_from_below(tmp_path):
    """I may stand in any folder of my workspace."""
    read(tmp_path, GOOD)
    (tmp_path / "plugins" / "tools").mkdir(parents=True)
    assert read_config(tmp_path / "plugins" / "tools").root == tmp_path
    assert find_root(tmp_path / "plugins") == tmp_path


def test_outside_of_a_workspace_i_am_told_how_to_make_one(tmp_path):
    """No workspace is no crash."""
    with pytest.raises(NotAWorkspace, match=f"{tmp_path} is in no workspace") as raised:
        read_config(tmp_path)
    assert raised.value.hint == "make one: cochat init --url URL"


def test_pyproject_serves_too(tmp_path):
    """A Python project needs no second file; one without our table, or a broken one, is not ours."""
    text = GOOD.replace("[targets", "[tool.cochat.targets")
    assert read(tmp_path, text, "pyproject.toml").target_named("stage").url == "http://127.0.0.1:8080"
    for foreign in (
        "",
        "[tool]\ncochat = 5\n",
        "[tool.cochat]\nlint = true\n",
        "tool = 5\n",
        "[broken",
        "[tool.ruff]\n",
    ):
        (tmp_path / "pyproject.toml").write_text(foreign, encoding="utf-8")
        assert find_root(tmp_path) is None, foreign
    assert read(tmp_path, GOOD).default_target == "main"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "[target.main]\nurl = 'https://a.test'\n",
            "cochat.toml: there is no setting 'target'",
            "did you mean 'targets'?",
        ),
        ("zzz = 1\n" + GOOD, "there is no setting 'zzz'", "settings there: default_target, targets"),
        (
            "[targets.main]\nurl = 'https://a.test'\nulr = 1\n",
            "[targets.main]: there is no setting 'ulr'",
            "did you mean 'url'?",
        ),
        ("", "cochat.toml names no target", "add a table [targets.main]"),
        ("targets = 5\n", "cochat.toml names no target", None),
        ("[targets]\n", "cochat.toml names no target", None),
        ("[targets.main]\n", "the target 'main' has no url", 'add url = "https://…" to [targets.main]'),
        ("[targets.main]\nurl = 5\n", "the target 'main' has no url", None),
        ("[targets]\nmain = 'https://a.test'\n", "the target 'main' has no url", None),
        ("default_target = 'x'\n" + GOOD, "default_target names 'x', which is no target there", None),
        ("default_target = ['main']\n" + GOOD, "default_target names ['main'], which is no target there", None),
        ("[targets", "cochat.toml cannot be read: ", "see `cochat init --help`"),
        ("\ufeff" + GOOD, "cochat.toml cannot be read: ", None),
    ],
)
def test_a_mistake_is_named(tmp_path, text, message, hint):
    """I read what is wrong, and what was probably meant."""
    with pytest.raises(BadSetting) as raised:
        read(tmp_path, text)
    assert message in raised.value.message
    assert hint is None or str(raised.value.hint).startswith(hint)


def test_a_file_that_is_no_text_is_named(tmp_path):
    """A binary file is no configuration."""
    (tmp_path / "cochat.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadSetting, match=r"cochat\.toml cannot be read"):
        read_config(tmp_path)


def test_an_unknown_target_names_the_known_ones(tmp_path):
    """A misspelt --target never falls back to production."""
    with pytest.raises(BadSetting, match=r"cochat\.toml has no target 'prod'") as raised:
        read(tmp_path, GOOD).target_named("prod")
    assert raised.value.hint == "targets there: main, stage"


def test_the_variable_wins(tmp_path, monkeypatch):
    """In CI the address comes from the environment, in the same form and under the same rules."""
    config = read(tmp_path, GOOD)
    monkeypatch.setenv("COCHAT_URL", "https://ci.test:8443/x/")
    assert config.target_named("stage").url == "https://ci.test:8443/x"
    monkeypatch.setenv("COCHAT_URL", "ci.test")
    with pytest.raises(BadSetting, match=r"no address of a server: 'ci\.test'"):
        config.target_named(None)


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("https://app.cochat.ai", "https://app.cochat.ai"),
        (" HTTPS://App.CoChat.ai/ \n", "https://app.cochat.ai"),
        ("https://a.test:443/", "https://a.test"),
        ("http://a.test:80", "http://a.test"),
        ("http://a.test:443", "http://a.test:443"),
        ("http://localhost:8080//", "http://localhost:8080"),
        ("https://a.test/owui/", "https://a.test/owui"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("http://[2001:DB8::1]", "http://[2001:db8::1]"),
        ("https://bücher.test", "https://bücher.test"),
        ("https://a.test/#/workspace", "https://a.test"),
    ],
)
def test_an_address_has_one_form(url, form):
    """However I write the address, it is the same server with the same token."""
    assert parse_base_url(url) == form
    assert parse_base_url(form) == form


@pytest.mark.parametrize(
    "url",
    [
        "",
        "app.cochat.ai",
        "ftp://a.test",
        "file:///etc/passwd",
        "https://",
        "https:///x",
        "http://a.test:x",
        "http://[::1",
        "http://a b",
        "http://a.test:99999",
        "//a.test",
        "javascript:alert(1)",
        "http://a\x00b",
        "https://a.test|b",
    ],
)
def test_what_is_no_address_is_refused(url):
    """A mistake is answered with the form of an address."""
    with pytest.raises(BadSetting, match="no address of a server") as raised:
        parse_base_url(url)
    assert raised.value.hint == "write it as https://app.cochat.ai"


@pytest.mark.parametrize(
    "url",
    [
        "https://me:canary@a.test",
        "https://canary@a.test",
        "ftp://me:canary@a.test",
        "https://me:can/ary@a.test",
        "me:canary@a.test",
        "https://a.test?token=canary",
        "https://me:canary@[::1",
    ],
)
def test_a_password_in_an_address_is_refused_unseen(url):
    """A secret does not go into cochat.toml, which is in git, nor into the message about it."""
    with pytest.raises(BadSetting) as raised:
        parse_base_url(url)
    assert raised.value.message == "the address of a server holds a user, password or query"
    assert "canary" not in str(raised.value.hint)


@given(st.text(max_size=30) | st.text("htps:/.[]0123456789abc@?#%-", max_size=30).map("http://".__add__))
def test_any_text_is_an_address_or_a_mistake(text):
    """Nothing that I type is a crash, and what is taken has one form."""
    try:
        form = parse_base_url(text)
    except BadSetting:
        return
    assert parse_base_url(form) == form
    assert not form.endswith("/")


OWN = GOOD + '[targets.main.endpoints.tool]\nupdate = "PUT /api/custom/tools/{id}"\ncreate = "POST /api/custom/tools"\n'


def test_a_target_may_have_requests_of_its_own(tmp_path):
    """What a server's documentation does not tell can be said in cochat.toml, by kind."""
    config = read(tmp_path, OWN + "[targets.stage.endpoints]\n")
    assert config.target_named("main").endpoints == {
        "tool": {"update": ("PUT", "/api/custom/tools/{id}"), "create": ("POST", "/api/custom/tools")}
    }
    assert config.target_named("stage").endpoints == {}


def test_lists_switches_and_rights_have_requests_too(tmp_path):
    """Each request of a kind's row can be named, a list with its query and a switch by its field."""
    own = (
        '[targets.main.endpoints.skill]\nlisting = "GET /api/custom/skills/?tier=all"\n'
        'switch_active = "POST /api/custom/skills/{id}/toggle"\naccess = "PUT /api/custom/skills/access?id={id}"\n'
    )
    assert read(tmp_path, GOOD + own).target_named("main").endpoints["skill"] == {
        "listing": ("GET", "/api/custom/skills/?tier=all"),
        "switch_active": ("POST", "/api/custom/skills/{id}/toggle"),
        "access": ("PUT", "/api/custom/skills/access?id={id}"),
    }
    with pytest.raises(BadSetting, match="switch_actve"):
        read(tmp_path, GOOD + own.replace("switch_active", "switch_actve"))
    with pytest.raises(BadSetting, match="is read with GET"):
        read(tmp_path, GOOD + own.replace("GET", "POST"))


def test_production_is_said_of_a_target(tmp_path):
    """A target is production only where its table says so."""
    config = read(tmp_path, GOOD.replace('a.test/"', 'a.test/"\nproduction = true'))
    assert [config.target_named(name).production for name in ("main", "stage")] == [True, False]


@pytest.mark.parametrize(
    ("old", "new", "said", "hint"),
    [
        ("endpoints.tool", "endpoints.tol", "no setting 'tol'", "did you mean 'tool'?"),
        ("update =", "updat =", "no setting 'updat'", "did you mean 'update'?"),
        ("PUT /api", "/api", "update is no request", 'write update = "PUT /api/custom/agents/{id}"'),
        (
            "PUT /api",
            "PUT https://evil.test/api",
            "update is no request",
            'write update = "PUT /api/custom/agents/{id}"',
        ),
        ('"PUT /api/custom/tools/{id}"', "5", "update is no request", 'write update = "PUT /api/custom/agents/{id}"'),
        ("tools/{id}", "tools/{name}", "update is no request", 'write update = "PUT /api/custom/agents/{id}"'),
        ("tools/{id}", "tools", "does not say where the id stands", "put {id} into it"),
        ('custom/tools"', 'custom/tools/{id}"', "has no id yet", "take {…} out of the path"),
    ],
)
def test_a_request_that_is_none_is_named(tmp_path, old, new, said, hint):
    """A mistake in a request is told with its place in the file."""
    with pytest.raises(BadSetting) as raised:
        read(tmp_path, OWN.replace(old, new))
    assert said in raised.value.message
    assert "[targets.main.endpoints" in raised.value.message
    assert raised.value.hint == hint


@pytest.mark.parametrize("line", ['production = "yes"', "endpoints = 5", "endpoints = {tool = 5}"])
def test_a_target_is_not_half_read(tmp_path, line):
    """A setting of the wrong type is refused, not taken for its default: production must not be missed."""
    with pytest.raises(BadSetting):
        read(tmp_path, GOOD.replace('a.test/"', f'a.test/"\n{line}'))
