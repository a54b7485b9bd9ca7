"""Tokens: kept for their owner alone, outside every workspace, and shown to nobody."""

from __future__ import annotations

import json
import os
import stat

import pytest

from cochat_devkit.credentials import (
    Credential,
    credentials_path,
    delete_credential,
    read_credential,
    read_kept_values,
    write_credential,
    write_kept_values,
)
from cochat_devkit.errors import CannotWrite, LocalError, MissingToken
from cochat_devkit.redaction import redact

ONE, OTHER = "https://one.test", "https://other.test"


def test_a_token_is_kept_and_found():
    """I sign in once."""
    assert write_credential(ONE, "canary-token-one", "ada@x.test") == "file"
    found = read_credential(ONE)
    assert (found.token, found.email, found.source) == ("canary-token-one", "ada@x.test", "file")
    assert "canary-token-one" not in redact("it is canary-token-one")


def test_only_its_owner_reads_the_file():
    """Another user of this machine does not read my tokens, whatever my umask is."""
    before = os.umask(0)
    try:
        write_credential(ONE, "canary-token-one", "")
    finally:
        os.umask(before)
    path = credentials_path()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_the_file_is_outside_of_the_workspace(tmp_path, monkeypatch):
    """No token goes into git."""
    monkeypatch.chdir(tmp_path)
    write_credential(ONE, "canary-token-one", "")
    assert tmp_path not in credentials_path().parents
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("COCHAT_CONFIG_DIR", str(tmp_path / "elsewhere"))
    assert credentials_path() == tmp_path / "elsewhere" / "credentials.json"


def test_values_are_kept_by_whose_they_are():
    """A value of one plugin is not found by another, and what is kept later leaves the rest."""
    write_kept_values(ONE, "tool/a", {"key": "one", "more": 1})
    write_kept_values(ONE, "tool/b", {"key": "two"})
    write_kept_values(ONE, "tool/a", {"key": "three"})
    assert read_kept_values(ONE) == {"tool/a": {"key": "three", "more": 1}, "tool/b": {"key": "two"}}
    assert read_kept_values(OTHER) == {}


def test_servers_are_kept_apart():
    """The token of one server is never sent to another, and signing out of one leaves the other."""
    write_credential(ONE, "canary-token-one", "")
    write_credential(OTHER, "canary-token-two", "")
    assert (read_credential(ONE).token, read_credential(OTHER).token) == ("canary-token-one", "canary-token-two")
    assert delete_credential(ONE) is True
    assert delete_credential(ONE) is False
    assert read_credential(OTHER).token == "canary-token-two"
    assert "canary-token-one" not in credentials_path().read_text(encoding="utf-8")
    with pytest.raises(MissingToken, match=f"no token is known for {ONE}") as raised:
        read_credential(ONE)
    assert raised.value.hint == "sign in: cochat login (or set COCHAT_TOKEN)"


def test_a_new_token_replaces_the_old():
    """Nothing of the old one is left."""
    write_credential(ONE, "canary-token-one", "")
    write_credential(ONE, "canary-token-new", "")
    assert read_credential(ONE).token == "canary-token-new"
    assert "canary-token-one" not in credentials_path().read_text(encoding="utf-8")


def test_the_variable_wins(monkeypatch):
    """CI needs no file, and its token is masked too."""
    write_credential(ONE, "canary-token-one", "")
    monkeypatch.setenv("COCHAT_TOKEN", "  canary-token-env\n")
    found = read_credential(ONE)
    assert (found.token, found.source) == ("canary-token-env", "environment")
    assert "canary-token-env" not in redact("canary-token-env")
    monkeypatch.setenv("COCHAT_TOKEN", "   ")
    assert read_credential(ONE).token == "canary-token-one"


def test_a_token_is_not_in_what_is_printed_of_its_holder():
    """A credential in a log or traceback shows no token."""
    assert "canary" not in repr(Credential("canary-token-one", "ada@x.test"))
    assert Credential("sk-x").is_api_key
    assert not Credential("eyJ").is_api_key


@pytest.mark.parametrize("content", ["{", "[]", "5", '"x"', "\xff", "[" * 100_000])
def test_a_damaged_file_is_said(content):
    """I read which file to delete; it is not silently replaced."""
    path = credentials_path()
    path.parent.mkdir(parents=True)
    path.write_bytes(content.encode("latin-1"))
    for act in (
        lambda: read_credential(ONE),
        lambda: write_credential(ONE, "canary-token", ""),
        lambda: delete_credential(ONE),
    ):
        with pytest.raises(LocalError, match=str(path)) as raised:
            act()
        assert raised.value.hint == "delete it and sign in again"
    assert path.read_bytes() == content.encode("latin-1")


@pytest.mark.parametrize("stored", ["x", 5, None, [], {}, {"token": 5}, {"token": ""}])
def test_a_damaged_entry_is_said(stored):
    """One bad entry is named, is mended by signing in again, and does not touch the others."""
    write_credential(OTHER, "canary-token-two", "")
    known = json.loads(credentials_path().read_text(encoding="utf-8"))
    credentials_path().write_text(json.dumps({**known, ONE: stored}), encoding="utf-8")
    with pytest.raises((LocalError, MissingToken), match=ONE) as raised:
        read_credential(ONE)
    assert "cochat login" in str(raised.value.hint)
    assert read_credential(OTHER).token == "canary-token-two"
    write_credential(ONE, "canary-token-one", "")
    assert read_credential(ONE).token == "canary-token-one"


def test_a_place_that_cannot_be_written_is_said(monkeypatch, tmp_path):
    """Where nothing can be kept I am told what to do instead."""
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("COCHAT_CONFIG_DIR", str(tmp_path / "file" / "sub"))
    with pytest.raises((CannotWrite, LocalError)) as raised:
        write_credential(ONE, "canary-token-one", "")
    assert "canary" not in str(raised.value)
    assert raised.value.hint
