"""What files and bases are kept in: the index of known texts, and everything again after a restart."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cochat_devkit.kinds.dialects import dialect_named
from cochat_devkit.operations.serve import running_server
from cochat_devkit.server.app import make_context
from cochat_devkit.server.library import KnownTexts
from cochat_devkit.server.store import Store
from tests.server.fakes import FakeLoader

BASES = st.sampled_from(["one", "two"])
FILES = st.sampled_from(["f", "g", "h"])
TEXTS = st.sampled_from(["x", "y", "z"])
KNOWLEDGE = "/api/v1/knowledge"


class TextsMachine(RuleBasedStateMachine):
    """Compare the index of known texts with a set of what was said."""

    def __init__(self):
        super().__init__()
        self.context = make_context(dialect_named("owui-0.12"), FakeLoader(), Store())
        self.texts = KnownTexts(self.context)
        self.known = set()

    @rule(base=BASES, file=FILES, text=TEXTS)
    def add(self, base, file, text):
        self.texts.add(base, file, text)
        self.known.add((base, file, text))

    @rule(base=BASES, file=FILES)
    def forget_file(self, base, file):
        self.texts.forget_file(base, file)
        self.known = {each for each in self.known if each[:2] != (base, file)}

    @rule(base=BASES, text=TEXTS | st.none())
    def forget_text(self, base, text):
        self.texts.forget_text(base, text)
        self.known = {each for each in self.known if (each[0], each[2]) != (base, text)}

    @rule(base=BASES)
    def forget_base(self, base):
        self.texts.forget_base(base)
        self.known = {each for each in self.known if each[0] != base}

    @invariant()
    def agrees(self):
        for texts in (self.texts, KnownTexts(self.context)):  # as it is, and as read again
            for base in ("one", "two"):
                for text in "xyz":
                    expected = {file for of, file, what in self.known if (of, what) == (base, text)}
                    assert set(texts.files_with(base, text)) == expected


TestTexts = TextsMachine.TestCase
TestTexts.settings = settings(max_examples=60, stateful_step_count=30)


@pytest.mark.parametrize("flavor", ["cochat", "owui-0.12"])
def test_everything_is_there_after_a_restart(tmp_path, flavor):
    """Bases, files with their bytes, folders, and which texts are known come back from the data file."""
    data, raw = tmp_path / "server.db", b"text\r\nwith \xc3\xbc\n"
    with running_server(flavor=flavor, data=data, loader=FakeLoader()) as running, sign_in(running) as admin:
        base_id = admin.post(f"{KNOWLEDGE}/create", json={"name": "N", "description": "D"}).json()["id"]
        form = {"file_id": upload(admin, "a.md", raw)}
        if flavor == "owui-0.12":
            folder = admin.post(f"{KNOWLEDGE}/{base_id}/dirs/create", json={"name": "docs"}).json()
            form["directory_id"] = folder["id"]
        assert admin.post(f"{KNOWLEDGE}/{base_id}/file/add", json=form).status_code == 200
        before = state(admin, base_id)
    with running_server(flavor=flavor, data=data, loader=FakeLoader()) as running, sign_in(running) as admin:
        assert state(admin, base_id) == before
        assert admin.get(f"/api/v1/files/{form['file_id']}/content").content == raw
        again = {"file_id": upload(admin, "b.md", raw)}
        assert admin.post(f"{KNOWLEDGE}/{base_id}/file/add", json=again).status_code == 400
        admin.delete(f"/api/v1/files/{form['file_id']}")
        assert admin.get(f"/api/v1/files/{form['file_id']}/content").status_code == 404


def test_a_catalogue_has_a_sample_base():
    """Whoever serves the catalogue finds a base with files that everybody may read."""
    with running_server(flavor="owui-0.12", empty=False, loader=FakeLoader()) as running, sign_in(running) as admin:
        (base,) = admin.get(f"{KNOWLEDGE}/").json()["items"]
        assert base["description"].startswith("[sample]")
        files = admin.get(f"{KNOWLEDGE}/{base['id']}/files").json()["items"]
        assert {(each["directory_path"], each["filename"]) for each in files} == {
            ("", "welcome.md"),
            ("", "glossary.md"),
            ("guides", "first-day.md"),
        }


def sign_in(running):
    headers = {"Authorization": f"Bearer {running.token}"}
    return httpx.Client(base_url=running.url, headers=headers, trust_env=False, timeout=30.0)


def upload(admin, name, raw):
    return admin.post("/api/v1/files/", files={"file": (name, raw, "text/markdown")}).json()["id"]


def state(admin, base_id):
    return [admin.get(f"{KNOWLEDGE}{path}").json() for path in ("/", f"/{base_id}", f"/{base_id}/files")]
