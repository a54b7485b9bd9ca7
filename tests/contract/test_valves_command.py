"""`cochat valves` on every server: what is stored is kept, typed, masked and read again."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from cochat_devkit.redaction import MASK
from tests.contract.stage import FUNCTIONS, TOOLS, create_plugin, make_id, read_json
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import PluginKind, Server

CANARY = "canary-7f3a-of-a-secret"
OTHER = "canary-9b1c-of-another"

VALVES = """from typing import Literal

from pydantic import BaseModel, Field, field_validator


{head}
    class Valves(BaseModel):
        api_key: str = Field(default="", description="the key")
        password_field: str = Field(default="", json_schema_extra={{"input": {{"type": "password"}}}})
        count: int = Field(default=3, ge=1)
        mode: Literal["fast", "deep"] = "fast"
        words: list[str] = []
        priority: int = 0

        @field_validator("api_key")
        @classmethod
        def _check(cls, value: str) -> str:
            if "refused" in value:
                raise ValueError("not this one: " + value)
            return value

    class UserValves(BaseModel):
        lang: str = "en"
        token: str = ""

    def __init__(self):
        self.valves = self.Valves()

{body}"""


def with_valves(kind: PluginKind) -> str:
    """Give the smallest plugin of a kind the valves above."""
    head, _, body = kind.source.partition("\n")
    return VALVES.format(head=head, body=body)


@pytest.fixture
def desk(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Make an admin's workspace, and a place for its credentials."""
    monkeypatch.setenv("COCHAT_CONFIG_DIR", str(tmp_path / "config"))
    return make_desk(tmp_path / "desk", server.url, server.admin_person.token)


@pytest.fixture
def plugin_id(server: Server, kind: PluginKind) -> str:
    """Create a plugin with valves."""
    made: str = create_plugin(server.admin, kind, source=with_valves(kind))["id"]
    return made


def ref_of(kind: PluginKind, plugin_id: str) -> str:
    return f"{'tool' if kind is TOOLS else 'filter'}/{plugin_id}"


def store(server: Server, kind: PluginKind, plugin_id: str, **values: object) -> None:
    read_json(server.admin.post(kind.url(plugin_id, "/valves/update"), json=values))


def stored(server: Server, kind: PluginKind, plugin_id: str) -> dict[str, object]:
    found: dict[str, object] = read_json(server.admin.get(kind.url(plugin_id, "/valves")))
    return found


def test_stored_values_and_defaults_stand_side_by_side(server, kind, plugin_id, desk):
    """I see what is stored, what the default is and what each valve takes; secrets are masked unless I ask."""
    store(server, kind, plugin_id, api_key=CANARY, count=5)
    done = desk.json("valves", ref_of(kind, plugin_id))
    items = {each["name"]: each for each in done.json["items"]}
    assert (items["count"]["value"], items["count"]["default"], items["count"]["is_set"]) == (5, 3, True)
    assert (items["mode"]["is_set"], items["mode"]["takes"]) == (False, "one of fast, deep")
    assert items["api_key"]["value"] == MASK
    for words in ((), ("--json",)):
        done = desk.cochat("valves", ref_of(kind, plugin_id), "get", *words)
        assert CANARY not in done.out + done.err
        assert CANARY in desk.cochat("valves", ref_of(kind, plugin_id), "--show", *words).out


def test_a_change_keeps_the_rest(server, kind, plugin_id, desk):
    """Setting one valve sends the whole dictionary: what was stored stays, typed as the class says."""
    store(server, kind, plugin_id, api_key=CANARY, count=5)
    done = desk.json("valves", ref_of(kind, plugin_id), "set", "count=7", "words=a,b", "mode=deep")
    expected = {"api_key": CANARY, "count": 7, "words": ["a", "b"], "mode": "deep"}
    assert stored(server, kind, plugin_id) == expected
    assert done.json["written"] == ["count", "words", "mode"] or set(done.json["written"]) == {"count", "words", "mode"}
    again = desk.json("valves", ref_of(kind, plugin_id), "set", "count=7")
    assert (again.json["written"], again.json["requests"] < done.json["requests"]) == ([], True)
    desk.json("valves", ref_of(kind, plugin_id), "unset", "words", "mode")
    assert stored(server, kind, plugin_id) == {"api_key": CANARY, "count": 7}


def test_what_a_colleague_sets_while_the_schema_is_told_stays(server, kind, plugin_id, onlooker, tmp_path):
    """A server loads the plugin to tell its schema; a key that is set in that time is not taken back."""
    desk = make_desk(tmp_path / "desk", onlooker.url, server.admin_person.token)
    store(server, kind, plugin_id, api_key=CANARY)
    onlooker.before("GET", kind.url(plugin_id, "/valves/spec"), lambda: store(server, kind, plugin_id, api_key=OTHER))
    desk.json("valves", ref_of(kind, plugin_id), "set", "count=7")
    assert stored(server, kind, plugin_id) == {"api_key": OTHER, "count": 7}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "cuont=1"), "did you mean 'count'?"),
        (("set", "count=many"), "count takes integer"),
        (("set", "count=0"), "at least 1"),
        (("set", "count"), "sets nothing"),
        (("set", "mode=slow"), "one of fast, deep"),
        (("set",), "at least one value"),
        (("unset", "cuont"), "did you mean 'count'?"),
        (("sett", "count=1"), "one of: get, set, unset"),
        (("count=1",), "set count=1"),
        (("set", "api_key=${NOT_SET_ANYWHERE}"), "NOT_SET_ANYWHERE"),
        (("--from-env", "NOT_SET_ANYWHERE_"), "NOT_SET_ANYWHERE_COUNT"),
    ],
)
def test_what_is_asked_wrongly_changes_nothing(server, kind, plugin_id, desk, words, said):
    """A wrong name, type or word is exit 2 with what to write instead, and nothing is written."""
    store(server, kind, plugin_id, api_key=CANARY, count=5)
    assert said in desk.cochat("valves", ref_of(kind, plugin_id), *words, expected=2).err
    assert stored(server, kind, plugin_id) == {"api_key": CANARY, "count": 5}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("words: [.inf]", "words: no number that JSON can say"),
        ("count: 0x" + "f" * 6000, "count: no number that JSON can say"),
        ("words: [1e400]", "words: no number that JSON can say"),
        ("words: [!!binary aGVsbG8=]", "words: nothing that JSON can say"),
        ("words: !!set {a, b}", "words: nothing that JSON can say"),
        ("words: &a [*a]", ":1: this holds itself"),
        ('mode: "a\\ud800b"', "mode: half a character"),
    ],
)
def test_a_file_that_says_what_no_server_can_read_changes_nothing(server, kind, plugin_id, desk, text, said):
    """I am told the file and the valve, exit 1, and nothing is written."""
    store(server, kind, plugin_id, api_key=CANARY)
    desk.path("values.yaml").write_text(f"{text}\n")
    done = desk.cochat("valves", ref_of(kind, plugin_id), "set", "--from", str(desk.path("values.yaml")), expected=1)
    assert said in done.err
    assert stored(server, kind, plugin_id) == {"api_key": CANARY}


@pytest.mark.parametrize(
    "word", ["headers={'a': NaN}", "headers={'a': 1e999}", "any=NaN", "any=[-Infinity]", "api_key=\udcff"]
)
def test_a_word_that_no_server_can_read_changes_nothing(server, kind, desk, word):
    """A number without an end, or half a character, is exit 2 with the valve's name."""
    source = with_valves(kind).replace(
        "        words:", "        headers: dict = {}\n        any: object = None\n        words:"
    )
    plugin_id = create_plugin(server.admin, kind, source=source)["id"]
    done = desk.cochat("valves", ref_of(kind, plugin_id), "set", word.replace("'", '"'), expected=2)
    assert f"{word.partition('=')[0]} takes" in done.err
    assert stored(server, kind, plugin_id) == {}


def test_null_in_a_file_is_no_value(server, kind, plugin_id, desk):
    """A server stores no null: the valve has its default again; a word null is in quotes."""
    store(server, kind, plugin_id, api_key=CANARY, count=5, mode="deep")
    desk.path("values.yaml").write_text("count: null\nmode:\npassword_field: 'null'\n")
    told = desk.json("valves", ref_of(kind, plugin_id), "set", "--from", str(desk.path("values.yaml"))).json
    assert stored(server, kind, plugin_id) == {"api_key": CANARY, "password_field": "null"}
    assert told["removed"] == ["count", "mode"]


def test_a_date_in_a_file_is_the_text_that_stands_there(server, kind, plugin_id, desk):
    """YAML takes it for a date; a server has none."""
    desk.path("values.yaml").write_text("words: [2024-01-01, 2024-01-01T10:00:00+02:00]\n")
    desk.json("valves", ref_of(kind, plugin_id), "set", "--from", str(desk.path("values.yaml")))
    assert stored(server, kind, plugin_id) == {"words": ["2024-01-01", "2024-01-01T10:00:00+02:00"]}


def test_a_variable_within_a_list_is_filled_in(server, kind, plugin_id, desk, monkeypatch):
    """A header with a token comes from the environment like a token alone; without it nothing is written."""
    monkeypatch.setenv("TOKEN_OF_MINE", CANARY)
    place = desk.path("values.yaml")
    place.write_text("words: [one, '${TOKEN_OF_MINE}']\n")
    done = desk.cochat("valves", ref_of(kind, plugin_id), "set", "--from", str(place))
    assert stored(server, kind, plugin_id) == {"words": ["one", CANARY]}
    assert CANARY not in done.out + done.err
    place.write_text("words: ['${NOT_SET_ANYWHERE}']\n")
    done = desk.cochat("valves", ref_of(kind, plugin_id), "set", "--from", str(place), expected=2)
    assert "NOT_SET_ANYWHERE" in done.err
    assert stored(server, kind, plugin_id) == {"words": ["one", CANARY]}


def test_values_come_from_the_environment(server, kind, plugin_id, desk, monkeypatch):
    """In CI the secrets are variables: by a prefix, or one by one."""
    monkeypatch.setenv("CI_API_KEY", CANARY)
    monkeypatch.setenv("CI_COUNT", "9")
    done = desk.cochat("valves", ref_of(kind, plugin_id), "--from-env", "CI_")
    assert stored(server, kind, plugin_id) == {"api_key": CANARY, "count": 9}
    monkeypatch.setenv("ELSEWHERE", OTHER)
    told = desk.json("valves", ref_of(kind, plugin_id), "set", "password_field=${ELSEWHERE}")
    assert stored(server, kind, plugin_id) == {"api_key": CANARY, "count": 9, "password_field": OTHER}
    said = done.out + done.err + told.out + told.err
    assert CANARY not in said
    assert OTHER not in said


def test_a_refusal_repeats_no_secret(server, kind, plugin_id, desk, monkeypatch):
    """A server may answer with the value it refuses; what it says is told without it, even where it was cut."""
    store(server, kind, plugin_id, api_key=CANARY, count=5)
    long = "refused-" + "0123456789abcdef" * 40
    monkeypatch.setenv("SECRET_OF_MINE", long)
    for words in ((), ("--json",)):
        done = desk.cochat("valves", ref_of(kind, plugin_id), "set", "api_key=${SECRET_OF_MINE}", *words, expected=4)
        assert "0123456789" not in done.out + done.err
    assert stored(server, kind, plugin_id) == {"api_key": CANARY, "count": 5}


def test_my_own_valves(server, kind, plugin_id, desk):
    """--user is about the values that I have as the plugin's user, masked alike."""
    if kind is FUNCTIONS:
        read_json(server.admin.post(kind.url(plugin_id, "/toggle")))
    done = desk.cochat("valves", ref_of(kind, plugin_id), "--user", "set", "lang=de", f"token={CANARY}")
    assert read_json(server.admin.get(kind.url(plugin_id, "/valves/user"))) == {"lang": "de", "token": CANARY}
    assert CANARY not in done.out + done.err
    assert "next time" in done.err
    assert stored(server, kind, plugin_id) == {}


def test_a_plugin_without_valves_and_one_that_is_not_there(server, kind, desk):
    """A plugin that has none is told as such; what the server does not have is an unknown address."""
    bare = create_plugin(server.admin, kind)["id"]
    assert "has no valves" in desk.cochat("valves", ref_of(kind, bare)).out
    assert "has no valves" in desk.cochat("valves", ref_of(kind, bare), "set", "count=1", expected=2).err
    assert "the server has no" in desk.cochat("valves", ref_of(kind, make_id()), expected=2).err


def test_values_reach_no_file_but_the_credentials(server, kind, plugin_id, desk, tmp_path):
    """Kept values lie beside the token, for me alone; the file for git names variables, and brings them all back."""
    store(server, kind, plugin_id, api_key=CANARY, count=5, words=["a"], password_field=OTHER)
    desk.json("pull")
    ref = ref_of(kind, plugin_id)
    out = desk.path("valves.yaml")
    desk.cochat("valves", ref, "--keep", "--out", str(out))
    variable = f"{plugin_id}_api_key".upper()
    assert f"${{{variable}}}" in out.read_text()
    kept = tmp_path / "config" / "credentials.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert CANARY in kept.read_text()
    everything = b"".join(desk.files().values()).decode(errors="replace") + desk.mirror_dump()
    assert CANARY not in everything
    assert OTHER not in everything
    store(server, kind, plugin_id)
    desk.cochat("valves", ref, "set", "--from", str(out))
    assert stored(server, kind, plugin_id) == {
        "api_key": CANARY, "count": 5, "words": ["a"], "password_field": OTHER
    }  # fmt: skip


def test_what_is_kept_of_one_plugin_goes_to_no_other(server, desk):
    """Names that one variable stands for are kept apart: a tool and a filter of one id, and `a_b` and `a`'s `b_…`."""
    a = make_id()
    longer = VALVES.replace("api_key", "b_api_key")
    made = {
        f"tool/{a}": (TOOLS, a, VALVES, "api_key"),
        f"filter/{a}": (FUNCTIONS, a, VALVES, "api_key"),
        f"tool/{a}_b": (TOOLS, f"{a}_b", VALVES, "api_key"),
        f"filter/{a}_b": (FUNCTIONS, f"{a}_b", longer, "b_api_key"),
        f"filter/{a}_c": (FUNCTIONS, f"{a}_c", longer, "b_api_key"),
    }
    for number, (ref, (kind, plugin_id, valves, name)) in enumerate(made.items()):
        head, _, body = kind.source.partition("\n")
        create_plugin(server.admin, kind, plugin_id, valves.format(head=head, body=body))
        store(server, kind, plugin_id, **{name: f"{CANARY}-{number}"})
        desk.cochat("valves", ref, "--keep", "--out", str(desk.path(f"{number}.yaml")))
    for number, (ref, (kind, plugin_id, _valves, name)) in enumerate(made.items()):
        store(server, kind, plugin_id)
        done = desk.cochat("valves", ref, "set", "--from", str(desk.path(f"{number}.yaml")))
        assert CANARY not in done.out + done.err
        assert stored(server, kind, plugin_id) == {name: f"{CANARY}-{number}"}


def test_a_users_own_valves_are_kept_apart(server, kind, plugin_id, desk):
    """What I keep of my own valves is never written into the plugin's, though one variable stands for both."""
    if kind is FUNCTIONS:
        read_json(server.admin.post(kind.url(plugin_id, "/toggle")))
    ref, out = ref_of(kind, plugin_id), desk.path("mine.yaml")
    desk.cochat("valves", ref, "--user", "set", f"token={CANARY}")
    desk.cochat("valves", ref, "--user", "--keep", "--out", str(out))
    variable = f"{plugin_id}_token".upper()
    assert f"${{{variable}}}" in out.read_text()
    desk.cochat("valves", ref, "--user", "unset", "token")
    refused = desk.cochat("valves", ref, "set", f"api_key=${{{variable}}}", expected=2)
    assert variable in refused.err
    assert stored(server, kind, plugin_id) == {}
    desk.cochat("valves", ref, "--user", "set", "--from", str(out))
    assert CANARY in desk.cochat("valves", ref, "--user", "--show").out


def test_what_an_earlier_version_kept_is_asked_for_again(server, kind, plugin_id, desk, tmp_path):
    """It did not note whose a value is, so that may be another plugin's: nothing is written, and I am told."""
    variable = f"{plugin_id}_api_key".upper()
    place = tmp_path / "config" / "credentials.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps({f"{server.url} valves": {variable: CANARY}}))
    ref = ref_of(kind, plugin_id)
    refused = desk.cochat("valves", ref, "set", f"api_key=${{{variable}}}", expected=2)
    assert f"cochat valves {ref} --keep" in refused.err
    assert CANARY not in refused.out + refused.err
    assert stored(server, kind, plugin_id) == {}


def test_an_undone_deletion_says_that_the_valves_are_gone(server, kind, plugin_id, desk):
    """A plugin that comes back has none of its stored values: the undo says so, and of one without valves nothing."""
    bare = create_plugin(server.admin, kind)["id"]
    store(server, kind, plugin_id, api_key=CANARY)
    refs = [ref_of(kind, each) for each in (plugin_id, bare)]
    desk.json("pull", *refs)
    for ref in refs:
        desk.path(f"plugins/{ref.replace('/', 's/')}.py").unlink()
    desk.json("push", "--no-verify", "--delete", "--confirm-deletes", "2", *refs)
    run = str(desk.json("undo").json["runs"][0]["run"])
    told = {each["ref"]: each for each in desk.json("undo", run).json["items"]}
    assert {each["action"] for each in told.values()} == {"create-there"}
    assert f"cochat valves {refs[0]}" in told[refs[0]]["hint"]
    assert told[refs[1]]["hint"] is None
    assert stored(server, kind, plugin_id) == {}


def test_an_update_replaces_drops_nulls_and_strangers(server, kind, plugin_id):
    """What the command stands on: the server forgets what is not sent, nulls, and what the class has not."""
    store(server, kind, plugin_id, api_key=CANARY, count=5)
    path = kind.url(plugin_id, "/valves/update")
    assert read_json(server.admin.post(path, json={"count": 6, "api_key": None, "bogus": 1})) == {"count": 6}
    assert stored(server, kind, plugin_id) == {"count": 6}


def test_an_ordinary_user_is_refused_in_words(server, kind, plugin_id, tmp_path):
    """Somebody without the right is told so, exit 4, and nothing changes."""
    desk = make_desk(tmp_path / "user", server.url, server.user_person.token)
    store(server, kind, plugin_id, count=5)
    done = desk.cochat("valves", ref_of(kind, plugin_id), "set", "count=6", "--json", expected=4)
    assert json.loads(done.out)["error"]["type"] == "NotAllowed"
    assert stored(server, kind, plugin_id) == {"count": 5}
