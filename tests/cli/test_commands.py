"""Each command does what its help says, with words for people and one object for programs."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from cochat_devkit.config import read_config
from cochat_devkit.operations.dev import Round, dev
from cochat_devkit.operations.serve import RunningServer, running_server
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TYPES = {"tool": "tools", "filter": "filters", "pipe": "pipes", "action": "actions"}


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """Run a local server with the sample catalogue."""
    with running_server(empty=False) as running:
        yield running


@pytest.fixture
def desk(server: RunningServer, tmp_path: Path) -> Desk:
    """Make a workspace that has pulled nothing yet."""
    return make_desk(tmp_path / "desk", server.url, server.token)


@pytest.fixture
def signing_in(server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Make a workspace without a token, and an empty place for credentials."""
    monkeypatch.setenv("COCHAT_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    desk = make_desk(tmp_path / "desk", server.url, server.token)
    return Desk(desk.folder, None)


def test_init_keeps_what_is_there(tmp_path: Path) -> None:
    """A folder with files becomes a workspace; its own .gitignore keeps its lines; twice is refused."""
    (tmp_path / ".gitignore").write_text("*.log")
    desk = Desk(tmp_path)
    made = desk.json("init", "--url", "HTTPS://App.CoChat.ai/").json
    assert made["url"] == "https://app.cochat.ai"
    assert (tmp_path / ".gitignore").read_text().splitlines()[0] == "*.log"
    assert "mirror.db" in (tmp_path / ".gitignore").read_text().splitlines()
    assert (tmp_path / "plugins/filters").is_dir()
    assert "already is a workspace" in desk.cochat("init", "--url", "https://x.example", expected=2).err


def test_init_lets_git_keep_the_bytes(tmp_path: Path) -> None:
    """A clone on Windows has the line ends that were pulled, so nothing counts as edited; my own rules stay."""
    (tmp_path / ".gitattributes").write_text("* text=auto\nskills/** text eol=lf")
    desk = Desk(tmp_path)
    assert ".gitattributes" in desk.json("init", "--url", "https://x.example").json["paths"]
    texts = {"prompts/a.md": b"one\ntwo\n", "plugins/tools/b.py": b"one\r\n", "knowledge/k/files/c.md": b"one\n\r\n"}
    for name, content in texts.items():
        desk.path(name).parent.mkdir(parents=True, exist_ok=True)
        desk.path(name).write_bytes(content)
    git = ("git", "-c", "core.autocrlf=true", "-c", "user.name=a", "-c", "user.email=a@b.example")
    for words in (
        ("init", "-q"),
        ("add", "."),
        ("commit", "-qm", "all"),
        ("rm", "-rq", "."),
        ("checkout", "-q", "HEAD", "."),
    ):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    assert {name: desk.path(name).read_bytes() for name in texts} == texts
    lines = desk.path(".gitattributes").read_text().splitlines()
    assert lines[:2] == ["* text=auto", "skills/** text eol=lf"]
    assert [line for line in lines if line.startswith(("skills", "cochat.lock"))] == [
        "skills/** text eol=lf",
        "cochat.lock -text",
    ]


@pytest.mark.parametrize("url", ["ftp://x", "nonsense", "https://user:secret@host", "http://"])
def test_init_refuses_addresses(tmp_path: Path, url: str) -> None:
    """What is no address of a server is exit 2, and a password in it is not repeated."""
    done = Desk(tmp_path).cochat("init", "--url", url, expected=2)
    assert "secret" not in done.err
    assert list(tmp_path.iterdir()) == []


def test_sign_in_and_out(server: RunningServer, signing_in: Desk, tmp_path: Path) -> None:
    """A password is traded for a token that only its owner can read; logout forgets it."""
    login = _run(signing_in, "login", "--email", server.email, "--password-stdin", "--json", given=server.password)
    assert (login["role"], login["kept_in"]) == ("admin", "file")
    kept = tmp_path / "config" / "credentials.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert server.password not in kept.read_text()
    assert signing_in.json("whoami").json["email"] == server.email
    assert signing_in.json("logout").json["was_known"] is True
    assert "cochat login" in signing_in.cochat("whoami", expected=2).err


def test_paste_a_token(server: RunningServer, signing_in: Desk) -> None:
    """A pasted token is kept once the server accepts it, and not before."""
    assert _run(signing_in, "login", "--token-stdin", "--json", given=server.token)["role"] == "admin"
    bad = "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6ICJ4In0.canarycanary"
    refused = _run(signing_in, "login", "--token-stdin", "--json", given=bad, expected=4)
    assert "canary" not in json.dumps(refused)
    assert signing_in.json("whoami").json["role"] == "admin", "the token before is still there"


def test_wrong_password(server: RunningServer, signing_in: Desk) -> None:
    """A wrong password is exit 4, and is not repeated."""
    refused = _run(
        signing_in, "login", "--email", server.email, "--password-stdin", "--json", given="wrong-canary", expected=4
    )
    assert refused["error"]["type"] == "NotAllowed"
    assert "wrong-canary" not in json.dumps(refused)


def test_login_never_prompts_without_a_terminal(signing_in: Desk) -> None:
    """Without a terminal login says which options to give, exit 2."""
    assert "--password-stdin" in _run(signing_in, "login", "--json", given="", expected=2)["error"]["hint"]


def test_ls_and_show(desk: Desk) -> None:
    """What was pulled is listed and shown offline, by address, glob and kind."""
    desk.json("pull")
    offline = Desk(desk.folder, None)
    listed = {each["ref"]: each for each in offline.json("ls").json["items"]}
    assert {"tool/web_search", "filter/billing_filter", "pipe/openrouter_manifold"} <= set(listed)
    assert listed["tool/web_search"]["state"] == "in step"
    assert [each["ref"] for each in offline.json("ls", "tool/google_*").json["items"]] == [
        "tool/google_calendar",
        "tool/google_drive",
        "tool/google_sheets",
    ]
    assert len(offline.json("ls", "--kind", "filter").json["items"]) == 10
    shown = offline.json("show", "tool/web_search").json
    assert "class Tools" in shown["body"]["content"]
    assert shown["derived"]["specs"]
    source = offline.cochat("show", "tool/web_search", "--source").out
    assert source.encode() == desk.path("plugins/tools/web_search.py").read_bytes()
    assert offline.cochat("show", "tool/web_searh", expected=2).err.endswith("did you mean tool/web_search?\n")
    assert "ls" in offline.cochat("show", "tool/nothing_here", expected=2).err


@pytest.mark.parametrize("command", ["pull", "push", "status", "diff", "ls"])
def test_address_of_nothing(desk: Desk, command: str) -> None:
    """An address that names nothing is exit 2 and not "nothing to do"; a wildcard may match nothing."""
    desk.json("pull")
    assert "did you mean filter/billing_filter?" in desk.cochat(command, "filter/biling_filter", expected=2).err
    desk.cochat(command, "filter/zzz*")


def test_external_tools_are_left_out(desk: Desk) -> None:
    """What the server only passes on, like MCP tools, is no plugin of ours."""
    desk.json("pull")
    assert not [each for each in desk.json("ls").json["items"] if "server:" in each["ref"]]


@pytest.mark.parametrize("type_", TYPES)
def test_new_makes_a_plugin_that_passes(desk: Desk, type_: str) -> None:
    """A scaffold passes the check and its own tests, and a push of it works as it is."""
    name = f"My {type_} 2"
    made = desk.json("new", type_, name, "--author", "somebody").json
    slug = f"my_{type_}_2"
    assert made["ref"] == f"{type_}/{slug}"
    assert f"plugins/{TYPES[type_]}/{slug}.py" in made["paths"]
    assert desk.json("check", f"{type_}/{slug}").json["findings"] == []
    assert desk.json("test", f"{type_}/{slug}").json["counts"]["passed"] > 0
    assert desk.json("push").actions == {f"{type_}/{slug}": "create-there"}
    assert "is there already" in desk.cochat("new", type_, name, expected=2).err


def test_new_refuses_names(desk: Desk) -> None:
    """A name that makes no id, and a kind that there is not, are exit 2."""
    assert "id" in desk.cochat("new", "tool", "2 fast", expected=2).err
    assert "tool" in desk.cochat("new", "gadget", "x", expected=2).err


def test_own_templates_win(desk: Desk) -> None:
    """A scaffold of the workspace's own wins over the packaged one."""
    own = desk.path("templates/tool/plugins/tools")
    own.mkdir(parents=True)
    (own / "{{ id }}.py").write_text("# of the house\nclass Tools: ...\n")
    assert desk.json("new", "tool", "mine").json["paths"] == ["plugins/tools/mine.py"]
    assert desk.path("plugins/tools/mine.py").read_text().startswith("# of the house")


def test_check_names_what_is_wrong(desk: Desk) -> None:
    """Findings have path, line and code; an error is exit 1; a path, a folder and an address all choose."""
    desk.path("plugins/tools/bad.py").write_text('"""\ntitle: Bad\n"""\nimport os\n\n\nclass Tool:\n    pass\n')
    desk.path("plugins/filters/good.py").write_text('"""\ntitle: Good\n"""\n\n\nclass Filter:\n    pass\n')
    done = desk.json("check", expected=1)
    found = {(each["path"], each["line"], each["code"]) for each in done.json["findings"]}
    assert ("plugins/tools/bad.py", 7, "CC202") in found
    assert ("plugins/tools/bad.py", 4, "F401") in found
    for word in ("plugins/filters", "plugins/filters/good.py", "filter/good", "filter/*", "filters"):
        assert desk.json("check", word).json["plugins"] == 1
    assert "names no plugin" in desk.cochat("check", "tool/nothing", expected=2).err
    words = desk.cochat("check", expected=1).out
    assert "plugins/tools/bad.py:7:1: CC202" in words


def test_check_never_runs_a_plugin_in_our_process(desk: Desk) -> None:
    """A plugin that ends its process, sleeps for ever or reads our token harms nobody, and is named."""
    desk.path("plugins/tools/ends.py").write_text("import os\n\nos._exit(3)\n")
    desk.path("plugins/tools/reads.py").write_text("import os\n\nraise ValueError(os.environ.get('COCHAT_TOKEN'))\n")
    done = desk.json("check", expected=1)
    assert {each["path"] for each in done.json["findings"] if each["severity"] == "error"} == {
        "plugins/tools/ends.py",
        "plugins/tools/reads.py",
    }
    assert desk.token is not None
    assert desk.token not in done.out


def test_check_mends_what_it_can(desk: Desk) -> None:
    """--fix lets ruff mend what is safe, and leaves the rest."""
    desk.path("plugins/tools/mend.py").write_text("import os\n\n\nclass Tools:\n    pass\n")
    assert [each["code"] for each in desk.json("check").json["findings"]] == ["F401"]
    assert desk.json("check", "--fix").json["findings"] == []
    assert "import os" not in desk.path("plugins/tools/mend.py").read_text()


def test_test_reports_failures(desk: Desk) -> None:
    """A failing test is a finding with its place, exit 1; without tests it is exit 2 and says where they lie."""
    assert "plugins/tests" in desk.cochat("test", expected=2).err
    tests = desk.path("plugins/tests/tools")
    tests.mkdir(parents=True)
    desk.path("plugins/tools/one.py").write_text("class Tools: ...\n")
    (tests / "test_one.py").write_text("def test_wrong():\n    assert 1 == 2\n\n\ndef test_right():\n    pass\n")
    done = desk.json("test", expected=1).json
    assert (done["counts"]["passed"], done["counts"]["failed"]) == (1, 1)
    assert (done["findings"][0]["path"], done["findings"][0]["line"]) == ("plugins/tests/tools/test_one.py", 2)


def test_doctor_tells_all_but_secrets(desk: Desk) -> None:
    """The report names versions, target, token and mirror; no secret is in it; a fault is exit 1."""
    desk.json("pull")
    report = desk.json("doctor").json
    values = {each["name"]: each["value"] for each in report["items"]}
    assert values["server"].startswith("CoChat")
    assert values["mirror"].startswith("ok")
    assert desk.token is not None
    assert desk.token not in json.dumps(report)
    assert Desk(desk.folder, "sk-0000000000000000").json("doctor", expected=1).json["counts"]["faults"] == 1
    assert desk.json("doctor", "--offline").json["ok"] is True


def test_status_exits_on_drift_only_when_asked(desk: Desk) -> None:
    """A difference is exit 0, and exit 3 with --exit-code: a check for CI."""
    desk.json("pull")
    assert desk.json("status", "--exit-code").json["items"] == []
    desk.edit("plugins/tools/web_search.py", "class Tools", "# edited\nclass Tools")
    assert desk.json("status").json["items"][0]["reason"] == "edited here"
    desk.json("status", "--exit-code", expected=3)
    assert "+# edited" in desk.cochat("diff").out.splitlines()


def test_broken_sidecar_is_named(desk: Desk) -> None:
    """A sidecar that cannot be read blocks its own plugin and names the line."""
    desk.json("pull")
    desk.path("plugins/tools/web_search.yaml").write_text("name: x\nacess: public\n")
    done = desk.json("pull", expected=1)
    failed = [each for each in done.json["items"] if not each["ok"]]
    assert [each["ref"] for each in failed] == ["tool/web_search"]
    assert "plugins/tools/web_search.yaml:2" in failed[0]["error"]
    assert "access" in failed[0]["hint"]


def test_no_words_are_a_question(desk: Desk) -> None:
    """Whoever types the bare name sees what there is, and no error."""
    assert desk.cochat() == desk.cochat("--help")


def test_dev_takes_each_save_through_the_gates(
    server: RunningServer, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A save that passes is pushed; one that does not is named with its gate; a touch without change is no round."""
    assert desk.token is not None
    monkeypatch.setenv("COCHAT_TOKEN", desk.token)
    desk.json("new", "tool", "watched")
    rounds: list[Round] = []
    came, is_ready, is_over = threading.Semaphore(0), threading.Event(), threading.Event()

    def note(found: Round) -> None:
        rounds.append(found)
        came.release()

    config = read_config(desk.folder)
    watching = threading.Thread(
        target=dev,
        args=(config,),
        kwargs={
            "push_to": "main",
            "emit": lambda _event: None,
            "on_round": note,
            "on_ready": is_ready.set,
            "is_over": is_over.is_set,
        },
    )
    watching.start()
    try:
        assert is_ready.wait(30)
        path = desk.path("plugins/tools/watched.py")
        path.touch()
        desk.edit("plugins/tools/watched.py", "version: 0.1.0", "version: 0.1.1")
        assert came.acquire(timeout=60)
        desk.edit("plugins/tools/watched.py", "class Tools", "class Tools(")
        assert came.acquire(timeout=60)
    finally:
        is_over.set()
        watching.join(timeout=30)
    assert [(each.ref, each.stopped_at) for each in rounds] == [("tool/watched", "ok"), ("tool/watched", "check")]
    assert rounds[0].message.endswith("pushed to main")


def test_dev_sends_what_it_checked_alone(server: RunningServer, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is saved again while its tests run is not pushed by that round: the next one checks it."""
    assert desk.token is not None
    monkeypatch.setenv("COCHAT_TOKEN", desk.token)
    desk.json("new", "tool", "hasty")
    place, test = desk.path("plugins/tools/hasty.py"), desk.path("plugins/tests/tools/test_hasty.py")
    test.write_text(
        "from pathlib import Path\n\n\ndef test_saving():\n"
        "    place = Path(__file__).parents[2] / 'tools' / 'hasty.py'\n"
        "    if '# later' not in place.read_text():\n"
        "        place.write_text(place.read_text() + '# later\\n')\n"
    )
    rounds: list[Round] = []
    came, is_ready = threading.Semaphore(0), threading.Event()

    def note(found: Round) -> None:
        rounds.append(found)
        came.release()

    watching = threading.Thread(
        target=dev,
        args=(read_config(desk.folder),),
        kwargs={
            "push_to": "main",
            "emit": lambda _event: None,
            "on_round": note,
            "on_ready": is_ready.set,
            "is_over": lambda: len(rounds) > 1,
        },
    )
    watching.start()
    assert is_ready.wait(30)
    desk.edit("plugins/tools/hasty.py", "version: 0.1.0", "version: 0.1.1")
    assert came.acquire(timeout=60)
    assert (rounds[0].stopped_at, rounds[0].message) == ("push", "saved again since it was checked")
    assert came.acquire(timeout=60)
    watching.join(timeout=30)
    assert rounds[1].message.endswith("pushed to main")
    assert "# later" in place.read_text()


def test_serve_says_one_line_and_ends(tmp_path: Path) -> None:
    """`cochat serve --json` prints one line once it answers, and ends with 0 when told to."""
    command = [sys.executable, "-m", "cochat_devkit", "serve", "--port", "0", "--empty", "--json"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert set(ready) == {"url", "email", "password", "token"}
        desk = make_desk(tmp_path / "desk", ready["url"], ready["token"])
        assert desk.json("whoami").json["role"] == "admin"
        process.terminate()
        assert process.stdout.read() == ""
        assert process.wait(30) == 0


def _run(desk: Desk, *words: str, given: str, expected: int = 0) -> dict[str, object]:
    environment = {name: value for name, value in os.environ.items() if name != "COCHAT_TOKEN"}
    done = subprocess.run(
        [sys.executable, "-m", "cochat_devkit", *words],
        cwd=desk.folder,
        env=environment,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == expected, done
    answer: dict[str, object] = json.loads(done.stdout)
    return answer
