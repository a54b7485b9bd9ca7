"""Versions of prompts on 0.12: what makes one, drafts, and the way back."""

from __future__ import annotations

import pytest

from tests.contract import prompts, texts
from tests.contract.stage import read_json, refusal

pytestmark = pytest.mark.generation("0.12")

ENTRY_FIELDS = {"id", "prompt_id", "parent_id", "snapshot", "user_id", "commit_message", "created_at"}
SNAPSHOT_FIELDS = {"name", "content", "command", "data", "meta", "tags", "access_grants"}
USER_FIELDS = {"id", "name", "role", "email"}
NOT_FOUND = (404, texts.NOT_FOUND)


@pytest.fixture
def prompt(server):
    """A private prompt of the administrator with one version."""
    return prompts.create(server, commit_message="first", tags=["a"], data={"b": 1}, meta={"c": 2})


def read_history(server, prompt, **query):
    """Return the entries of one page by id, in order."""
    entries = read_json(server.admin.get(prompts.url(server, prompt, "/history"), params=query))
    return {entry["id"]: entry for entry in entries}


def update_later(server, prompt, **more):
    """Save a prompt in a later second than its last change."""
    prompts.wait_for_next_second(server, prompts.read(server, prompt))
    return prompts.update(server, prompt, **more)


def test_a_creation_is_the_first_version(server, prompt):
    """History begins with an entry without a parent, snapshot included, whose id is the prompt's version."""
    history = read_history(server, prompt)
    assert list(history) == [prompt["version_id"]]
    entry = history[prompt["version_id"]]
    assert set(entry) == ENTRY_FIELDS | {"user"}
    assert (entry["parent_id"], entry["commit_message"], entry["prompt_id"]) == (None, "first", prompt["id"])
    assert set(entry["user"]) == USER_FIELDS
    assert entry["snapshot"] == {key: prompt[key] for key in SNAPSHOT_FIELDS}


def test_a_creation_without_a_message_is_given_one(server):
    """Where no message was sent the first version has the server's own."""
    prompt = prompts.create(server)
    assert read_history(server, prompt)[prompt["version_id"]]["commit_message"] == "Initial version"


@pytest.mark.parametrize("change", [{"name": "Another"}, {"content": "Other"}, {"tags": ["z"]}, {"tags": []}])
def test_what_makes_a_version(server, prompt, change):
    """Name, content, command and tags make a version, which comes after the newest entry."""
    updated = update_later(server, prompt, commit_message="second", **change)
    assert updated["version_id"] != prompt["version_id"]
    entry = read_history(server, prompt)[updated["version_id"]]
    assert (entry["parent_id"], entry["commit_message"]) == (prompt["version_id"], "second")
    assert entry["snapshot"]["name"] == updated["name"]
    assert entry["snapshot"]["tags"] == updated["tags"]


def test_a_change_of_the_command_makes_a_version(server, prompt):
    """Another command is a version too."""
    assert prompts.update(server, prompt, command=prompts.make_command())["version_id"] != prompt["version_id"]


@pytest.mark.parametrize("change", [{}, {"data": {"z": 1}}, {"meta": {"z": 1}}])
def test_what_makes_no_version(server, prompt, change):
    """An identical save, and a change of data or meta alone, leaves the version."""
    assert prompts.update(server, prompt, **change)["version_id"] == prompt["version_id"]
    assert len(read_history(server, prompt)) == 1


def test_a_snapshot_has_what_was_sent_not_what_is_stored(server, prompt):
    """An update without data and meta keeps them, but its snapshot says that they are empty."""
    updated = prompts.update(server, prompt, content="Other")
    assert (updated["data"], updated["meta"]) == ({"b": 1}, {"c": 2})
    snapshot = read_history(server, prompt)[updated["version_id"]]["snapshot"]
    assert (snapshot["data"], snapshot["meta"], snapshot["tags"]) == ({}, {}, ["a"])


def test_a_draft_is_kept_beside_the_prompt(server, prompt):
    """`is_production: false` stores a version and leaves the prompt as it is, but for its command and its time."""
    other = prompts.make_command()
    answer = update_later(
        server, prompt, content="A draft", name="Draft", tags=["z"], command=other, is_production=False
    )
    assert (answer["content"], answer["name"], answer["tags"]) == (prompt["content"], prompt["name"], ["a"])
    assert (answer["version_id"], answer["command"]) == (prompt["version_id"], other)
    assert answer["updated_at"] > prompt["updated_at"]
    (draft,) = [entry for id_, entry in read_history(server, prompt).items() if id_ != prompt["version_id"]]
    assert (draft["snapshot"]["content"], draft["parent_id"]) == ("A draft", prompt["version_id"])


def test_a_version_after_a_draft_has_the_draft_as_parent(server, prompt):
    """The parent of a version is the newest entry, not the version that was replaced."""
    update_later(server, prompt, content="A draft", is_production=False)
    updated = update_later(server, prompt, content="Another")
    history = read_history(server, prompt)
    draft = history[history[updated["version_id"]]["parent_id"]]
    assert (draft["snapshot"]["content"], draft["parent_id"]) == ("A draft", prompt["version_id"])


def test_pages_of_twenty_counted_from_zero(server, prompt):
    """The first page is page 0: whoever begins at 1, as for tools, misses the newest twenty."""
    for number in range(20):
        prompts.update(server, prompt, content=f"Version {number}")
    first, second = read_history(server, prompt), read_history(server, prompt, page=1)
    assert (len(first), len(second)) == (20, 1)
    assert not set(first) & set(second)
    assert read_history(server, prompt, page=0) == first
    assert read_history(server, prompt, page=2) == {}
    times = [entry["created_at"] for entry in (*first.values(), *second.values())]
    assert times == sorted(times, reverse=True)


def test_one_version(server, prompt):
    """Reading one version tells its snapshot, without who made it."""
    entry = read_json(server.admin.get(prompts.url(server, prompt, f"/history/{prompt['version_id']}")))
    assert set(entry) == ENTRY_FIELDS
    assert entry["snapshot"]["content"] == prompt["content"]
    for other in ("nowhere", prompts.create(server)["version_id"]):
        assert refusal(server.admin.get(prompts.url(server, prompt, f"/history/{other}"))) == NOT_FOUND


def test_the_difference_between_two_versions(server, prompt):
    """A difference is in lines, with both snapshots, and says whether the name changed."""
    updated = prompts.update(server, prompt, content="One\nTwo\n", name="Another")
    query = {"from_id": prompt["version_id"], "to_id": updated["version_id"]}
    path = prompts.url(server, prompt, "/history/diff")
    found = read_json(server.admin.get(path, params=query))
    assert {key: found[key] for key in query} == query
    assert found["from_snapshot"]["name"] == "A name"
    assert found["to_snapshot"]["name"] == "Another"
    assert found["content_diff"] == [
        f"--- v{prompt['version_id'][:8]}",
        f"+++ v{updated['version_id'][:8]}",
        "@@ -1 +1,2 @@",
        "-Say hello to {{name}}.",
        "+One",
        "+Two",
    ]
    assert (found["name_changed"], found["line_endings_only"]) == (True, False)
    assert refusal(server.admin.get(path, params={**query, "to_id": "nowhere"})) == NOT_FOUND


def test_going_back_restores_all_but_command_and_access(server, prompt):
    """The prompt bears the old version's id again, no version is added, and the command stays as it is now."""
    other = prompts.make_command()
    newer = prompts.update(server, prompt, content="Other", command=other, tags=["z"], data={"z": 1}, meta={"z": 2})
    path = prompts.url(server, prompt, "/update/version")
    restored = read_json(server.admin.post(path, json={"version_id": prompt["version_id"]}))
    kept = ("content", "name", "tags", "data", "meta", "version_id")
    assert {key: restored[key] for key in kept} == {key: prompt[key] for key in kept}
    assert restored["command"] == other
    assert set(read_history(server, prompt)) == {prompt["version_id"], newer["version_id"]}


@pytest.mark.parametrize("foreign", [True, False])
def test_going_back_to_a_version_that_the_prompt_does_not_have(server, prompt, foreign):
    """A version of another prompt, or none, is refused in words that do not say why."""
    version = prompts.create(server)["version_id"] if foreign else "nowhere"
    answer = server.admin.post(prompts.url(server, prompt, "/update/version"), json={"version_id": version})
    assert refusal(answer) == (400, texts.SOMETHING_WRONG)


def test_deleting_a_version(server, prompt):
    """A version can be taken out, but not the current one; what came after it comes after its parent then."""
    middle = update_later(server, prompt, content="Middle")
    last = update_later(server, prompt, content="Last")
    current = prompts.url(server, prompt, f"/history/{last['version_id']}")
    assert refusal(server.admin.delete(current)) == (400, texts.PROMPT_VERSION_IS_CURRENT)
    path = prompts.url(server, prompt, f"/history/{middle['version_id']}")
    assert read_json(server.admin.delete(path)) is True
    assert refusal(server.admin.delete(path)) == NOT_FOUND
    history = read_history(server, prompt)
    assert set(history) == {prompt["version_id"], last["version_id"]}
    assert history[last["version_id"]]["parent_id"] == prompt["version_id"]


def test_versions_end_with_their_prompt(server, prompt):
    """History is gone with the prompt."""
    read_json(server.admin.delete(prompts.url(server, prompt, "/delete")))
    assert refusal(server.admin.get(prompts.url(server, prompt, "/history"))) == NOT_FOUND
    assert refusal(server.admin.get(prompts.url(server, prompt, f"/history/{prompt['version_id']}"))) == NOT_FOUND


@pytest.mark.parametrize(
    ("right", "reads", "writes"), [("none", False, False), ("read", True, False), ("write", False, True)]
)
def test_what_an_ordinary_user_may_do_with_versions(server, right, reads, writes):
    """Versions are read with the right to read, drafts included, and changed with the right to write."""
    me = [server.user_person.id]
    access = {"none": server.private(), "read": server.access(read_users=me), "write": server.access(write_users=me)}
    prompt = prompts.create(server, **access[right])
    prompts.update(server, prompt, content="Other")
    prohibited = (401, texts.PROHIBITED)
    version = prompt["version_id"]
    for rest in ("/history", f"/history/{version}", f"/history/diff?from_id={version}&to_id={version}"):
        answer = server.user.get(prompts.url(server, prompt, rest))
        assert answer.status_code == 200 if reads else refusal(answer) == prohibited
    restored = server.user.post(prompts.url(server, prompt, "/update/version"), json={"version_id": version})
    assert restored.status_code == 200 if writes else refusal(restored) == prohibited
    answer = server.user.delete(prompts.url(server, prompt, "/history/nowhere"))
    assert refusal(answer) == (NOT_FOUND if writes else prohibited)
