"""The search page: what I type is found, shown where it stands, and never more than text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cochat_devkit.mirror.index import NamedFiles
from cochat_devkit.web.pages.search import _as_typed
from cochat_devkit.workspace.blobs import keep_blob
from tests.web.mirrored import HOSTILE, Mirrored

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def mirrored(tmp_path: Path) -> Mirrored:
    """Make a mirror of two tools and a prompt."""
    made = Mirrored(tmp_path)
    source = "class Tools:\n    def run(self):\n        return 'billing'\n"
    made.show("tool/invoices", {"name": "Invoices", "description": "", "content": source})
    made.show("tool/hostile", {"name": HOSTILE, "description": HOSTILE, "content": f"# billing {HOSTILE}"})
    made.show("prompt/bill", {"name": "Bill", "content": "Write about billing and 日历"})
    return made


def test_a_hit_is_marked_and_leads_to_its_line(mirrored: Mirrored) -> None:
    """I see the line with my word marked, and go to that very line of the source."""
    page = mirrored.get("search.html?q=billing&kind=tool")
    assert "billing" in page.texts_of("mark")
    assert "r/tool/invoices.html#L-3" in page.links("invoices")
    assert page.texts_of("p", "told") == ["2 found"]


def test_the_last_word_may_be_a_beginning(mirrored: Mirrored) -> None:
    """As I type, what begins so is found already; a phrase, a filter and a finished word are taken as they are."""
    assert mirrored.get("search.html?q=billin&kind=prompt").texts_of("mark") == ["billing"]
    typed = ("bil", "two bil", "bil ", '"a b', '"a b"', "bil*", "x kind:tool", "日")
    assert [_as_typed(each) for each in typed] == [
        *("bil*", "two bil*", "bil ", '"a b', '"a b"', "bil*", "x kind:tool", "日*")
    ]


def test_two_characters_find_chinese(mirrored: Mirrored) -> None:
    """I find Chinese text by any two of its characters."""
    assert mirrored.get("search.html?q=日历", "zh").texts_of("mark") == ["日历"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", ""),
        ("%20", ""),
        ("zzzz", "Nothing has these words."),
        ("kind:nothing+x", "This cannot be searched for."),
        ("changed:never", "This cannot be searched for."),
    ],
)
def test_what_was_not_found_is_said(mirrored: Mirrored, query: str, told: str) -> None:
    """An empty question, a word that is nowhere and a mistake each get their own answer, and no error page."""
    page = mirrored.get(f"search.html?q={query}")
    assert (page.status, page.texts_of("p", "told")) == (200, [told])


def test_more_is_asked_for_by_a_link(tmp_path: Path) -> None:
    """Of many I see the first, am told that there are more, and get them."""
    made = Mirrored(tmp_path)
    for number in range(27):
        made.show(f"prompt/p{number}", {"name": f"P {number}", "content": "same words"})
    page = made.get("search.html?q=same")
    assert page.texts_of("p", "told") == ["25 found, and there is more"]
    assert page.links("n=200") == ["?q=same&kind=&n=200"]
    assert made.get("search.html?q=same&n=200").texts_of("p", "told") == ["27 found"]


def test_nothing_that_a_server_sent_is_more_than_text(mirrored: Mirrored) -> None:
    """Names, lines and questions that look like HTML are shown as they are."""
    page = mirrored.get("search.html?q=billing&kind=tool")
    assert page.is_harmless()
    assert HOSTILE in page.text
    asked = mirrored.get("search.html", "zh"), mirrored.get("search.html?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert all(each.is_harmless() for each in asked)


def test_every_search_form_leads_here(mirrored: Mirrored) -> None:
    """Whichever page I read, its header finds."""
    page = mirrored.get("index.html")
    assert ("form", {"class": "find", "role": "search", "action": "search.html"}) in page.elements


def test_a_secret_is_masked_before_it_is_marked(tmp_path: Path) -> None:
    """What looks like a key is masked in a line that was found, though the word that found it parts it."""
    made = Mirrored(tmp_path)
    made.show("prompt/leak", {"name": "Leak", "content": "billing sk-abcdefghijklmnopqrstuvwxyz0123"})
    page = made.get("search.html?q=billing")
    assert "•••" in page.text
    assert "abcdefgh" not in page.text


def test_a_hit_in_a_file_leads_to_it(tmp_path: Path) -> None:
    """A word in a file of a knowledge base leads to that file, and the line says which."""
    made = Mirrored(tmp_path)
    digest = keep_blob(tmp_path, b"first\nbilling here\n")
    row = made.show("knowledge/handbook", {"name": "Handbook", "description": "", "files": {"a/b.txt": digest}})
    with made.store() as store:
        files, texts = {"a/b.txt": digest}, {digest: "first\nbilling here\n"}
        store.index_files([NamedFiles(str(row.remote_digest), files, texts)])
    page = made.get("search.html?q=billing")
    assert page.links("f/knowledge") == ["f/knowledge/handbook/a%252Fb%252Etxt.html#L-2"]
    assert "a/b.txt:2" in page.text


def test_what_is_found_without_words_has_no_line(tmp_path: Path) -> None:
    """Asked who uses a tool, I see its users by name, and no empty line below them."""
    made = Mirrored(tmp_path)
    made.show("tool/web", {"name": "Web", "content": ""})
    made.show("agent/researcher", {"name": "Researcher", "tools": ["tool/web"]})
    page = made.get("search.html?q=uses:tool/web")
    assert page.links("r/agent/") == ["r/agent/researcher.html"]
    assert page.texts_of("p", "snippet") == []
