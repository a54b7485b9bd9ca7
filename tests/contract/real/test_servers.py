"""Installing and starting real servers: what goes wrong is said in one sentence with a way out."""

from __future__ import annotations

import os

import pytest

from tests.contract.real import prepare
from tests.contract.real.servers import RealServerError, start_real_server

VERSION = prepare.VERSIONS[0]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder."""
    monkeypatch.setenv("COCHAT_CONTRACT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def install(cache):
    """Return a function that puts a shell script where the server's interpreter would be."""

    def write(script):
        python = prepare.environment_python(VERSION)
        python.parent.mkdir(parents=True)
        python.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        python.chmod(0o755)
        prepare.write_marker(VERSION)

    return write


def start(tmp_path, **options):
    with start_real_server(VERSION, tmp_path / "data", **options):
        pytest.fail("it cannot have started")


def test_both_generations_are_known():
    """There is a recipe for one server of each generation."""
    assert {".".join(version.split(".")[:2]) for version in prepare.VERSIONS} == {"0.6", "0.12"}


def test_an_unknown_version_is_refused(cache):
    """The message names the versions there are."""
    with pytest.raises(prepare.PrepareError, match=f"known: .*{VERSION}"):
        prepare.prepare("9.9.9", say=print)


def test_a_ready_server_is_not_installed_again(install):
    """A second call does nothing but say so."""
    install("exit 1")
    said = []
    prepare.prepare(VERSION, say=said.append)
    assert len(said) == 1
    assert "ready" in said[0]


def test_an_installation_from_other_inputs_is_not_ready(install):
    """A marker that does not fit today's requirements counts as none."""
    install("exit 1")
    (prepare.environment_dir(VERSION) / "ready").write_text("of yesterday", encoding="utf-8")
    assert not prepare.is_ready(VERSION)


def test_a_server_that_is_not_installed_does_not_start(cache, tmp_path):
    """The message tells how to install it."""
    with pytest.raises(RealServerError, match="not installed: run `make contract`"):
        start(tmp_path)


def test_a_folder_in_use_is_not_taken(install, tmp_path):
    """A server would keep the settings it finds there."""
    install("exit 1")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "webui.db").touch()
    with pytest.raises(RealServerError, match="is not empty"):
        start(tmp_path)


def test_a_server_that_ends_at_boot_shows_its_log(install, tmp_path):
    """The exit code and the end of the log are in the message."""
    install("echo no room at the inn; exit 3")
    with pytest.raises(RealServerError, match=r"(?s)exit code 3.*no room at the inn"):
        start(tmp_path)


def test_a_server_that_never_answers_is_ended(install, tmp_path):
    """Waiting has an end, and nothing is left running."""
    install("echo $$ > pid; exec sleep 60")
    with pytest.raises(RealServerError, match="did not answer within"):
        start(tmp_path, boot_timeout_s=0.5)
    pid = (tmp_path / "data" / "pid").read_text(encoding="utf-8").strip()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_proxies_and_keys_of_this_machine_do_not_reach_a_server(install, tmp_path, monkeypatch):
    """A server inherits PATH and nothing else."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com")
    monkeypatch.setenv("OPENAI_API_KEY", "not for you")
    install("env > seen; exit 1")
    with pytest.raises(RealServerError):
        start(tmp_path, settings={"DEFAULT_LOCALE": "de"})
    seen = (tmp_path / "data" / "seen").read_text(encoding="utf-8")
    assert "PROXY" not in seen
    assert "OPENAI" not in seen
    assert "DEFAULT_LOCALE=de" in seen
