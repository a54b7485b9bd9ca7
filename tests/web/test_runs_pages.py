"""What a run changed, in the page and in the terminal: each resource, what became of it, and its differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cochat_devkit.config import read_config
from cochat_devkit.mirror.journal import Step, StepState
from cochat_devkit.operations.browse import Catalogue
from cochat_devkit.resource import Key, Slug
from cochat_devkit.web.pages import all_pages
from tests.desk import Desk
from tests.web.mirrored import HOSTILE, Mirrored

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def mirrored(tmp_path: Path) -> Mirrored:
    """Make a mirror of three runs: a pull of two tools, a push of one, and a pull that brought the other anew."""
    made = Mirrored(tmp_path)
    one = made.show("tool/one", {"name": "One", "content": "a\n"})
    two = made.show("tool/two", {"name": "Two", "content": "a\n"})
    done = StepState.DONE
    pulled = [Step(at, row.key, "", "create-here", done, row_after=row) for at, row in enumerate((one, two))]
    made.run("pull", *pulled)
    pushed = made.show("tool/one", {"name": "One", "content": "a\nb\n"})
    sent = {"before_digest": one.remote_digest, "after_digest": pushed.remote_digest}
    made.run("push", Step(0, one.key, "", "update-there", done, **sent), message=HOSTILE)
    newer = made.show("tool/two", {"name": HOSTILE, "content": "c\n"})
    lost = Key("tool", Slug(HOSTILE))
    rows = {"row_before": two._replace(base_digest=two.remote_digest), "row_after": newer}
    made.run(
        "pull",
        Step(0, two.key, "", "update-here", done, files_after={"plugins/tools/two.py": "0" * 64}, **rows),
        Step(1, lost, "", "delete-here", StepState.DROPPED),
    )
    return made


def test_the_runs_are_listed(mirrored: Mirrored) -> None:
    """I see each run, the newest first, with what it did, and go to it."""
    page = mirrored.get("runs.html")
    assert page.links("runs/") == ["runs/3.html", "runs/2.html", "runs/1.html"]
    assert "2 created here" in page.text
    assert page.is_harmless()


def test_a_run_tells_what_it_changed(mirrored: Mirrored) -> None:
    """I see what the last pull changed, where each of it is, and go to the difference."""
    page = mirrored.get("runs/3.html")
    assert "content: +1 -1 lines" in page.texts_of("ul", "changes")[0]
    assert "../r/tool/two/diff/2-1.html" in page.links("two/")
    assert "not done" in page.text
    assert "cochat log --run 3" in page.text
    assert page.is_harmless()
    pushed = mirrored.get("runs/2.html", "zh")
    assert pushed.texts_of("ul", "changes") == ["content: +1 -0 lines"]
    assert HOSTILE in pushed.text
    assert pushed.is_harmless()


@pytest.mark.parametrize("name", ["9", "x", "9" * 40, "last%27"])
def test_a_run_that_was_not_is_told(mirrored: Mirrored, name: str) -> None:
    """A number or a word that names no run is answered as what is not here."""
    assert mirrored.get(f"runs/{name}.html").status == 404


def test_many_steps_come_in_pieces(tmp_path: Path) -> None:
    """A first pull of many resources is told piece by piece, and each piece has its address."""
    made = Mirrored(tmp_path)
    keys = [Key("tool", Slug(f"t{number:03}")) for number in range(120)]
    made.run("pull", *(Step(at, key, "", "create-here", StepState.DONE) for at, key in enumerate(keys)))
    assert made.get("runs/1.html").links("runs/1/") == ["../runs/1/2.html", "../runs/1/3.html"]
    last = made.get("runs/1/3.html")
    assert last.texts_of("b")[1:] == [f"tool/t{number:03}" for number in range(100, 120)]
    catalogue = Catalogue(read_config(made.root), None)
    assert [each["piece"] for each in all_pages()["run-piece"].every(catalogue)] == ["2", "3"]


def test_the_terminal_tells_the_same(mirrored: Mirrored) -> None:
    """I ask what the last pull changed where I work, by its command, its number, or as the last run of all."""
    desk = Desk(mirrored.root)
    lines = desk.cochat("log", "--run", "pull").out.splitlines()
    assert lines[0].startswith("pull 3  ")
    assert lines[1] == "updated here: tool/two  @2..@1"
    assert lines[2] == "    content: +1 -1 lines"
    assert lines[-1].startswith("moved to the trash here, not done: tool/")
    assert desk.cochat("log").out == desk.cochat("log", "--run", "3").out
    assert desk.cochat("log", "--run", "1", "-n", "1").out.splitlines()[1:] == ["new here: tool/one"]


def test_programs_read_the_same(mirrored: Mirrored) -> None:
    """My script gets the run and each resource, with the addresses of both versions."""
    found = Desk(mirrored.root).json("log", "--run", "push").json
    assert (found["run"]["command"], found["counts"]) == ("push", {"steps": 1, "update-there": 1})
    (item,) = found["items"]
    assert (item["before"], item["after"], item["changes"]) == ("tool/one@2", "tool/one@1", ["content: +1 -0 lines"])


@pytest.mark.parametrize("words", [("--run", "9"), ("--run", "undo"), ("tool/one", "--run", "1"), ("--fetch",)])
def test_a_question_without_an_answer_is_told(mirrored: Mirrored, words: tuple[str, ...]) -> None:
    """A run that was not, and a question that cannot be, are named, with what to type."""
    done = Desk(mirrored.root).cochat("log", *words, expected=2)
    assert "hint:" in done.err
