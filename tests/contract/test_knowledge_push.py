"""A push of a knowledge base whose files exchange texts: a base takes each text once, and none goes missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cochat_devkit.kinds.names import to_slug
from tests.contract import bases
from tests.contract.bases import no_bases_left  # noqa: F401 - a fixture
from tests.contract.stage import make_id, read_json
from tests.contract.test_resume import open_runs, push_and_die
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Server
    from tests.onlooker import Onlooker


class Shelf:
    """One base that was pushed from a desk: its files here, and there."""

    def __init__(self, server: Server, desk: Desk) -> None:
        self.server, self.desk = server, desk
        self.slug = make_id().replace("_", "-")
        self.ref = f"knowledge/{self.slug}"
        self.lay({each: f"Text {each} of {self.slug}.\n" for each in "abz"})
        desk.path(f"{self.ref}/knowledge.yaml").write_text(f"name: {self.slug}\ndescription: About it\n")
        self.push()
        found = bases.list_bases(server.admin)
        self.id = next(each["id"] for each in found if each["name"] == self.slug)

    def lay(self, texts: dict[str, str]) -> None:
        """Have these files here and no others, by their names without the ending."""
        folder = self.desk.path(f"{self.ref}/files")
        for place in [place for place in folder.rglob("*.txt") if place.is_file()]:
            place.unlink()
        for name, text in texts.items():
            place = folder / f"{name}.txt"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode())

    def push(self, expected: int | None = 0) -> dict[str, str]:
        """Push, and say what the command told of the base."""
        items = self.desk.json("push", "--no-verify", expected=expected).json["items"]
        found: dict[str, str] = next((each for each in items if each["ref"] == self.ref), {})
        return found

    def there(self) -> dict[str, str]:
        """Read the texts that the server has, by the files' names."""
        found = {}
        for item in bases.page(self.server.admin, self.id)["items"]:
            content = self.server.admin.get(f"{bases.FILES}/{item['id']}/content")
            assert content.status_code == 200
            folder = str(item.get("directory_path") or "").strip("/")
            name = item["filename"].removesuffix(".txt")
            found[f"{folder}/{name}" if folder else name] = content.text
        return found

    def takes(self, text: str) -> bool:
        """Tell whether the server would take a text in; it is taken out again."""
        file_id = bases.upload(self.server.admin, "probe.txt", text)
        is_taken = bases.add(self.server.admin, self.id, file_id).status_code == 200
        if is_taken:
            read_json(bases.remove(self.server.admin, self.id, file_id))
        return is_taken

    def uploads(self) -> int:
        """Count the files that the server keeps, attached or not."""
        if self.server.generation == "0.12":
            count: int = read_json(self.server.admin.get(f"{bases.FILES}/count"))
            return count
        return len(read_json(self.server.admin.get(f"{bases.FILES}/", params={"content": "false"})))


@pytest.fixture
def shelf(server: Server, onlooker: Onlooker, tmp_path: Path) -> Shelf:
    """Push a base of the files a, b and z."""
    return Shelf(server, make_desk(tmp_path / "desk", onlooker.url, server.admin_person.token))


#: which texts the files are to have, by the names of those that have them before
MOVES = {
    "renamed": {"c": "a", "b": "b", "z": "z"},
    "swapped": {"a": "b", "b": "a", "z": "z"},
    "turned round": {"a": "b", "b": "z", "z": "a"},
    "moved on": {"b": "a", "c": "b", "z": "z"},
    "moved up": {"a": "b", "b": "z"},
}


@pytest.mark.parametrize("name", MOVES)
def test_files_may_be_renamed_and_exchange_their_texts(shelf, name):
    """One push does it, whatever the order of their names, and nothing is left over."""
    before, uploads = shelf.there(), shelf.uploads()
    wanted = {path: before[old] for path, old in MOVES[name].items()}
    shelf.lay(wanted)
    assert shelf.push()["action"] == "update-there"
    assert shelf.there() == wanted
    assert shelf.uploads() == uploads + len(wanted) - len(before)
    assert shelf.desk.json("push", "--no-verify").json["requests"] == 0
    assert not any(shelf.takes(text) for text in wanted.values())


@pytest.mark.generation("0.12")
def test_files_may_be_moved_into_folders(shelf):
    """A folder that is given another name is a rename of every file in it."""
    before = shelf.there()
    for folder in ("one", "two"):
        wanted = {f"{folder}/{name}": text for name, text in before.items()}
        shelf.lay(wanted)
        shelf.push()
        assert shelf.there() == wanted


@pytest.mark.parametrize("name", ["c", "0"])
def test_a_file_may_be_renamed_and_get_other_line_ends(shelf, name):
    """Other bytes, and the same text to the server: it is taken once the old one has left."""
    wanted = shelf.there()
    wanted[name] = wanted.pop("a").replace("\n", "\r\n")
    shelf.lay(wanted)
    shelf.push()
    assert shelf.there() == wanted


@pytest.mark.parametrize(
    "name", ['a"b', "a\tb", "a\nb", "a\\b", "\\\\a\\b", "c:\\b", "a%22b", "a;b='c'", " ä ", "a\x1bb"]
)
def test_a_file_arrives_under_its_name_or_not_at_all(shelf, name):
    """A form cannot say every name: what the server would call otherwise is refused, and nothing has changed."""
    before, uploads = shelf.there(), shelf.uploads()
    wanted = {**before, name: "Odd.\n"}
    shelf.lay(wanted)
    told = shelf.push(expected=None)
    if told["ok"]:
        assert shelf.there() == wanted
    else:
        assert "the server would call it" in told["error"]
        assert "another name" in told["hint"]
        assert (shelf.there(), shelf.uploads()) == (before, uploads)
    is_apart = shelf.ref in shelf.desk.json("status", "--fetch", expected=None).actions
    assert is_apart is not told["ok"]


#: the texts of files of which the server refuses b's: those that others have before, or none
REFUSED = {
    "changed": {"a": "a", "b": "", "z": "z"},
    "swapped": {"a": "b", "b": "", "z": "z"},
    "renamed": {"a": "a", "b": "", "c": "b", "z": "z"},
    "turned round": {"a": "z", "b": "", "z": "b"},
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_file_leaves_what_was_there(shelf, name):
    """What left for a file that the server then refuses is attached again; the next push may go on from there."""
    before, uploads = shelf.there(), shelf.uploads()
    wanted = {path: before.get(old, "\n") for path, old in REFUSED[name].items()}
    shelf.lay(wanted)
    assert "attaching b.txt: the server refuses it" in shelf.push(expected=4)["error"]
    assert (shelf.there(), shelf.uploads()) == (before, uploads)
    assert not any(shelf.takes(text) for text in before.values())
    wanted["b"] = "Mended.\n"
    shelf.lay(wanted)
    shelf.push()
    assert shelf.there() == wanted


def test_a_refused_file_keeps_no_other_from_being_sent(shelf):
    """What does not share its texts is sent before and after it."""
    before = shelf.there()
    wanted = {"a": "Changed.\n", "b": "\n", "c": "New.\n"}
    shelf.lay(wanted)
    shelf.push(expected=4)
    assert shelf.there() == {**wanted, "b": before["b"]}


@pytest.mark.parametrize(
    ("twins", "named"),
    [
        ({"a": "a", "c": "a"}, "a.txt and c.txt"),
        ({"a": "a", "b": "a"}, "a.txt and b.txt"),
        ({"c": "a", "d": "a"}, "c.txt and d.txt"),
        ({"c": "new", "d": "new"}, "c.txt and d.txt"),
    ],
)
def test_two_files_of_one_text_are_refused_and_change_nothing(shelf, twins, named):
    """A base takes each text once: it stays as it was, other changes included, and both files are named."""
    before, uploads = shelf.there(), shelf.uploads()
    wanted = {**before, **{path: before.get(old, "New.\n") for path, old in twins.items()}, "z": "Changed.\n"}
    if "a" not in twins:
        del wanted["a"]
    shelf.lay(wanted)
    told = shelf.push(expected=4)
    assert (told["action"], told["hint"]) == ("failed", f"{named} are equal: keep one of them")
    assert "Duplicate content" in told["error"]
    assert (shelf.there(), shelf.uploads()) == (before, uploads)
    assert not any(shelf.takes(text) for text in before.values())
    del wanted[max(twins)]
    shelf.lay(wanted)
    shelf.push()
    assert shelf.there() == wanted


def test_other_line_ends_make_no_other_text(shelf):
    """Two files that differ in their line ends alone are one text to the server: refused, and nothing changed."""
    before, uploads = shelf.there(), shelf.uploads()
    shelf.lay({**before, "c": before["a"].replace("\n", "\r\n")})
    assert "Duplicate content" in shelf.push(expected=4)["error"]
    assert (shelf.there(), shelf.uploads()) == (before, uploads)


def test_a_text_that_somebody_attached_meanwhile_costs_no_other_file(shelf, onlooker):
    """Somebody takes the place of a file that left: the others are put back, and theirs is told as a conflict."""
    before = shelf.there()
    shelf.lay({**before, "a": before["b"], "b": before["a"]})
    add = f"{bases.BASES}/{shelf.id}/file/add"
    onlooker.before("POST", add, lambda: bases.fill(shelf.server.admin, shelf.id, "theirs.txt", before["a"]))
    assert shelf.push(expected=3)["action"] == "conflict"
    assert shelf.there() == {"b": before["b"], "z": before["z"], "theirs": before["a"]}


@pytest.mark.parametrize("name", ["renamed", "swapped"])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("path", ["upload", "remove", "add"])
def test_a_killed_exchange_is_gone_on_with(shelf, onlooker, name, path, after):
    """Killed wherever: what is missing there is no edit by somebody else, and the next push completes it."""
    before = shelf.there()
    wanted = {each: before[old] for each, old in MOVES[name].items()}
    shelf.lay(wanted)
    at = f"{bases.FILES}/" if path == "upload" else f"{bases.BASES}/{shelf.id}/file/{path}"
    push_and_die(shelf.desk, onlooker, "POST", at, after=after)
    assert shelf.desk.json("pull", shelf.ref).actions in ({}, {shelf.ref: "update-there"})
    shelf.push()
    assert shelf.there() == wanted
    assert open_runs(shelf.desk) == []
    assert shelf.desk.json("push", "--no-verify").json["requests"] == 0


@pytest.mark.parametrize("name", ["renamed", "swapped"])
@pytest.mark.parametrize("path", ["remove", "add"])
def test_a_lost_answer_is_made_good(shelf, onlooker, name, path):
    """Nobody knows whether it arrived: the server is asked what it has, and the next push completes it."""
    before = shelf.there()
    wanted = {each: before[old] for each, old in MOVES[name].items()}
    shelf.lay(wanted)
    onlooker.lose(f"{bases.BASES}/{shelf.id}/file/{path}")
    shelf.desk.json("push", "--no-verify", expected=None)
    shelf.desk.json("push", "--no-verify")
    assert shelf.there() == wanted
    assert shelf.desk.json("push", "--no-verify").json["requests"] == 0


def test_what_leaves_is_kept_here_first(shelf, onlooker):
    """Killed with a file gone there, and its new name gone here: its bytes are kept all the same."""
    before = shelf.there()
    shelf.lay({"c": before["a"], "b": before["b"], "z": before["z"]})
    push_and_die(shelf.desk, onlooker, "POST", f"{bases.BASES}/{shelf.id}/file/remove", after=True)
    assert sorted(shelf.there()) == ["b", "z"]
    shelf.lay({"b": before["b"], "z": before["z"]})
    digest = bases.sha256(before["a"])
    assert shelf.desk.path(f".cochat/blobs/{digest[:2]}/{digest[2:]}").read_text() == before["a"]


@pytest.mark.parametrize("is_all_known", [True, False])
def test_a_file_that_two_bases_have_stays_in_the_other(server, onlooker, tmp_path, is_all_known):
    """A change to it, and its deletion, are about the base in whose folder they were made, whatever is known here."""
    desk = make_desk(tmp_path / "desk", onlooker.url, server.admin_person.token)
    one, other = (bases.create_base(server.admin, name=make_id(), **server.private()) for _ in range(2))
    for order in ((one, other), (other, one)):
        changed, removed = (bases.upload(server.admin, f"{make_id()}.md") for _ in range(2))
        for each in order:
            for file_id in (changed, removed):
                read_json(bases.add(server.admin, each["id"], file_id))
        texts = {each: server.admin.get(f"{bases.FILES}/{each}/content").text for each in (changed, removed)}
        ref = f"knowledge/{to_slug(one['name'])}"
        desk.json("pull", "knowledge/*" if is_all_known else ref)
        names = {each: bases.read_file(server.admin, each)["filename"] for each in (changed, removed)}
        desk.path(f"{ref}/files/{names[changed]}").write_text(f"Changed in one of two: {make_id()}\n")
        desk.path(f"{ref}/files/{names[removed]}").unlink()
        desk.json("push", "--no-verify")
        assert {changed, removed} <= set(bases.file_ids(server.admin, other["id"]))
        assert not {changed, removed} & set(bases.file_ids(server.admin, one["id"]))
        for file_id, text in texts.items():
            assert server.admin.get(f"{bases.FILES}/{file_id}/content").text == text
        assert not desk.json("pull", "knowledge/*" if is_all_known else ref).actions


@pytest.mark.generation("0.12")
def test_a_base_that_counts_a_file_which_is_gone_keeps_no_other_from_arriving(server, onlooker, tmp_path):
    """Somebody deleted a file that two bases have by way of one: the other goes on counting it, and is told alone."""
    desk = make_desk(tmp_path / "desk", onlooker.url, server.admin_person.token)
    one, other = (bases.create_base(server.admin, name=make_id(), **server.private()) for _ in range(2))
    shared = bases.fill(server.admin, one["id"])
    read_json(bases.add(server.admin, other["id"], shared))
    desk.json("pull", "knowledge/*")
    path = desk.path(f"knowledge/{to_slug(other['name'])}/files/note.txt")
    text = path.read_text()
    read_json(bases.remove(server.admin, one["id"], shared))
    assert next(each for each in bases.list_bases(server.admin) if each["id"] == other["id"])["file_count"] == 1
    assert bases.file_ids(server.admin, other["id"]) == []
    pulled = desk.json("pull", "knowledge/*", expected=1)
    assert pulled.actions[f"knowledge/{to_slug(one['name'])}"] == "update-here"
    told = next(each for each in pulled.json["items"] if each["ref"] == f"knowledge/{to_slug(other['name'])}")
    assert "the server counts 1 and lists 0" in told["error"]
    assert path.read_text() == text
    # a base that is counted so makes every later pull of this server say it
    read_json(server.admin.delete(f"{bases.BASES}/{other['id']}/delete"))


def test_a_base_that_an_agent_here_names_is_not_deleted(server, onlooker, tmp_path):
    """The server would change the agent as well, and no undo brings that back; what nobody names goes."""
    if server.flavor == "cochat":
        pytest.skip("agents of CoChat hold no knowledge")
    desk = make_desk(tmp_path / "desk", onlooker.url, server.admin_person.token)
    named, other, agent = (make_id().replace("_", "-") for _ in range(3))
    for each in (named, other):
        place = desk.path(f"knowledge/{each}/knowledge.yaml")
        place.parent.mkdir(parents=True)
        place.write_text(f"name: {each}\ndescription: About it\n")
    head = f"---\nname: {agent}\nbase: gpt-4\n"
    user = desk.path(f"agents/{agent}.md")
    user.parent.mkdir(parents=True, exist_ok=True)
    user.write_text(f"{head}knowledge:\n  - knowledge/{named}\n---\nHelp.\n")
    desk.json("push", "--no-verify")
    for each in (named, other):
        desk.path(f"knowledge/{each}/knowledge.yaml").unlink()
    delete = ("push", "--no-verify", "--delete", "--confirm-deletes", "2")
    for more in (["--dry-run"], []):
        pushed = desk.json(*delete, *more, expected=3)
        assert pushed.actions == {f"knowledge/{named}": "conflict", f"knowledge/{other}": "delete-there"}
        told = next(each for each in pushed.json["items"] if each["action"] == "conflict")
        assert told["error"] == f"not deleted there: agents/{agent}.md names it"
        assert "take it out of" in told["hint"]
    names = {each["name"] for each in bases.list_bases(server.admin)}
    assert (named in names, other in names) == (True, False)
    user.write_text(f"{head}---\nHelp.\n")
    pushed = desk.json("push", "--no-verify", "--delete", "--confirm-deletes", "1")
    assert pushed.actions == {f"agent/{agent}": "update-there", f"knowledge/{named}": "delete-there"}
