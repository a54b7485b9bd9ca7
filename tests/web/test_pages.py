"""The first page, the lists and the page of a resource: what there is, how it stands, and what it says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from cochat_devkit.config import read_config
from cochat_devkit.kinds.specs import methods_in
from cochat_devkit.operations.browse import Catalogue
from cochat_devkit.resource import State
from cochat_devkit.web.page import Asked, pieces_near
from cochat_devkit.web.pages import all_pages
from cochat_devkit.web.pages.lists import _sorted
from cochat_devkit.web.rendering import LANGUAGES, render
from tests.browser.stage import demo_workspace
from tests.desk import Desk
from tests.web.mirrored import HOSTILE, Mirrored, get_page, row_of, scope_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = "class Tools:\n    def run(self) -> str:\n        return 'x'\n"
PICTURE = "data:image/svg+xml;base64,PHN2Zy8+"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Make the demo catalogue of a CoChat after a week of work, and an agent that names a tool which is nowhere."""
    with demo_workspace(tmp_path_factory.mktemp("demo"), "cochat") as made:
        lost = "---\nname: Scout\ntools: [tool/web_search, tool/lost]\n---\nYou are Scout.\n"
        made.path("agents/scout.md").write_text(lost, encoding="utf-8")
        yield made


@pytest.fixture
def mirrored(tmp_path: Path) -> Mirrored:
    """Make a mirror to be filled."""
    return Mirrored(tmp_path)


def tool(**more: object) -> dict[str, object]:
    return {"name": "One", "description": "", "content": SOURCE, "access": "private", "meta": {}, **more}


def test_the_first_page_counts_what_there_is(desk: Desk) -> None:
    """I see at once how many of what there are, and go to each list."""
    page = get_page(desk.folder, "index.html")
    listed = desk.json("ls").json["items"]
    tools = sum(1 for each in listed if each["type"] == "tool")
    assert f"{tools} Tools".replace(" ", "") in [each.replace(" ", "") for each in page.texts_of("a", "card")]
    assert {f"k/{each['type']}/1.html" for each in listed} <= {*page.links("k/")}


def test_the_first_page_says_which_server_it_was(desk: Desk) -> None:
    """I see whose mirror I read, and with whose rights it was made."""
    page = get_page(desk.folder, "index.html")
    assert "http://127.0.0.1:" in page.texts_of("p", "lead")[0]
    assert page.texts_of("span", "chip")[0].startswith("CoChat")
    assert page.texts_of("span", "chip")[1] == "read as admin"


def test_the_first_page_begins_with_what_has_to_be_settled(desk: Desk) -> None:
    """A conflict stands above my own edits, and each is named with its state."""
    page = get_page(desk.folder, "index.html")
    rows = [each for each in page.texts_of("li", "row") if any(state in each for state in ("here", "there"))]
    (disputed,) = [each for each in desk.json("ls").json["items"] if each["state"] == "edited here and there"]
    assert rows[0].startswith(disputed["name"])
    assert "edited here and there" in rows[0]
    assert any("Weather" in each and "new here" in each for each in rows)
    assert any("Translate" in each and "deleted here" in each for each in rows)
    assert page.links(all_pages()["resource"].address(ref=disputed["ref"]))


def test_the_first_page_tells_what_happened_lately(desk: Desk) -> None:
    """I see the newest runs in numbers, and which fields of what changed on the server, newest first."""
    page = get_page(desk.folder, "index.html")
    rows = page.texts_of("li", "row")
    assert any(each.startswith("pull run 1") and "created here" in each for each in rows)
    changed = [each for each in rows if "changed:" in each]
    assert "changed: Text, Name" in changed[0]
    assert any(each.startswith("review") and "changed: Name" in each for each in changed)
    assert any(each.startswith("researcher") and "System prompt" in each for each in changed)
    assert any("first seen" in each and "21 tools" in each for each in rows)


def test_a_list_has_the_columns_of_its_kind(desk: Desk) -> None:
    """Of filters I see which run everywhere, of agents on what they run; of both what they are for."""
    filters = get_page(desk.folder, "k/filter/1.html")
    agents = get_page(desk.folder, "k/agent/1.html")
    assert filters.texts_of("th")[:6] == ["Name", "State", "Active", "Global", "Priority", "Description"]
    assert "Base model" in agents.texts_of("th")
    assert "Global" not in agents.texts_of("th")
    assert "[sample] Count what a chat costs and stop at a limit." in filters.texts_of("td", "wide")
    assert "openrouter_manifold.x-ai/grok-4.1-fast" in agents.texts_of("td")


def test_what_is_edited_here_is_listed_as_it_is_here(desk: Desk, tmp_path: Path) -> None:
    """A list says what my file says now, not what the server showed."""
    folder = Desk(desk.folder)
    weather = get_page(desk.folder, "k/tool/1.html?q=weather")
    said = folder.json("show", "tool/weather").json["body"]["description"]
    assert said
    assert weather.texts_of("td", "wide") == [said]


def test_a_long_list_comes_in_pieces(mirrored: Mirrored) -> None:
    """Of 250 tools I get a hundred at a time, each once."""
    rows = [row_of(f"tool/t{number:03}", tool(name=f"T {number:03}")) for number in range(250)]
    with mirrored.store() as store:
        store.remember(scope_in(store), rows=rows, bodies=[("", tool(name=f"T {number:03}")) for number in range(250)])
    pieces = [mirrored.get(f"k/tool/{number}.html") for number in (1, 2, 3)]
    links = [link for page in pieces for link in page.links("r/tool/")]
    assert [len(page.links("r/tool/")) for page in pieces] == [100, 100, 50]
    assert len({*links}) == 250
    assert pieces[1].links("k/tool/")[-3:] == ["../../k/tool/1.html", "../../k/tool/2.html", "../../k/tool/3.html"]
    assert "250 tools · 101 to 200" in pieces[1].text


@pytest.mark.parametrize(
    ("number", "count", "shown"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (1, 100, [1, 2, 3, None, 100]),
        (5, 100, [1, None, 3, 4, 5, 6, 7, None, 100]),
        (100, 100, [1, None, 98, 99, 100]),
        (200, 100, [1, None, 100]),
    ],
)
def test_links_to_pieces_stay_few(number: int, count: int, shown: list[int | None]) -> None:
    """However long the list, its pieces are led to by a handful of links."""
    assert [*pieces_near(number, count)] == shown


def test_a_list_is_sorted_as_i_ask(mirrored: Mirrored) -> None:
    """By name, the other way round, and by what the server says of each; what says nothing comes last."""
    for slug, name, version in (("a", "zebra", None), ("b", "Apple", "2"), ("c", "mango", "1")):
        mirrored.show(f"tool/{slug}", tool(name=name), version=version)

    def names(sort: str) -> str:
        links = mirrored.get(f"k/tool/1.html?sort={sort}").links("r/tool/")
        return "".join(each.removeprefix("../../r/tool/").removesuffix(".html") for each in links)

    assert (names("name"), names("-name")) == ("bca", "acb")
    assert (names("version"), names("-version")) == ("cba", "bca")
    assert (names(""), names("__class__")) == ("abc", "abc")


def test_a_list_is_filtered_as_i_ask(mirrored: Mirrored) -> None:
    """I find by words of name or address, and by state; links and the form keep what I asked."""
    mirrored.show("tool/mail", tool(name="Send a mail"))
    mirrored.show("tool/post", tool(name="Post"))
    mirrored.show("tool/gone", tool(name="Gone"), remote_state=State.UNPROVEN, remote_fingerprint=None)
    found = mirrored.get("k/tool/1.html?q=A+MAIL&sort=name")
    assert found.links("r/tool/") == ["../../r/tool/mail.html"]
    assert "1 of 3" in found.text
    assert "../../k/tool/1.html?q=A+MAIL&sort=-name" in found.links("sort")
    assert mirrored.get("k/tool/1.html?state=invisible").links("r/tool/") == ["../../r/tool/gone.html"]
    assert "Nothing here has these words" in mirrored.get("k/tool/1.html?q=zzz").text
    assert mirrored.get("k/prompt/1.html").text.count("cochat pull --kind prompt") == 1


def test_a_tool_shows_what_the_model_sees(desk: Desk) -> None:
    """I read each method with its parameters, as the model gets them, and the source with lines to link to."""
    page = get_page(desk.folder, "r/tool/web_search.html")
    assert page.texts_of("h3") == ["search_web"]
    rows = page.texts_of("tr")
    assert "query string yes What to look for." in rows
    assert "count integer no How many results to list. default 3" in rows
    assert "L-1" in [found.get("id") for _name, found in page.elements]
    assert "tool/web_search" in page.texts_of("code")
    assert "../../r/tool/web_search/history.html" in page.links("history")


def test_relations_go_both_ways(desk: Desk) -> None:
    """From a tool I go to the agents that use it, and back."""
    tool_page = get_page(desk.folder, "r/tool/web_search.html")
    agent_page = get_page(desk.folder, "r/agent/researcher.html")
    assert {"../../r/agent/researcher.html", "../../r/agent/scout.html"} <= {*tool_page.links("r/agent/")}
    assert "../../r/tool/web_search.html" in agent_page.links("r/tool/")


def test_what_is_used_and_missing_is_said(desk: Desk) -> None:
    """An agent that names a tool which is nowhere says so, and leads nowhere."""
    page = get_page(desk.folder, "r/agent/scout.html")
    assert page.texts_of("span", "missing") == ["tool/lost missing"]
    assert page.links("r/tool/") == ["../../r/tool/web_search.html"]


def test_how_the_sides_differ_is_shown(desk: Desk) -> None:
    """What I edited is shown line by line; what is in step, or on one side alone, has no such section."""
    page = get_page(desk.folder, "r/tool/url_fetch.html")
    assert "+# tried here" in page.texts_of("span", "gi")
    for path in ("r/tool/web_search.html", "r/tool/weather.html"):
        assert "How the sides differ" not in get_page(desk.folder, path).text


def test_a_prompt_is_read_as_text_and_as_source(mirrored: Mirrored) -> None:
    """Markdown is set as text, and its source folds out beside, without any script."""
    mirrored.show("prompt/p", {"command": "p", "name": "P", "content": "# Head\n\nSome *words*."})
    page = mirrored.get("r/prompt/p.html")
    assert "words" in page.texts_of("em")
    assert page.texts_of("summary")[0] == "Source"
    assert "# Head" in page.texts_of("details", "fold")[0]


def test_fields_of_any_form_are_set(mirrored: Mirrored) -> None:
    """Switches, lists, nested settings, pictures and files all have a place; what says nothing has none."""
    deep: object = "end"
    for _ in range(40):
        deep = {"in": [deep]}
    body = {
        "name": "S",
        "description": "What it is",
        "content": "text",
        "files": {"run.py": "print(1)\n", "logo.bin": {"base64": "AAAA"}},
        "tags": ["one", "two"],
        "active": False,
        "access": {"read": ["staff"], "write": []},
        "meta": {"deep": deep, "icon": PICTURE, "lines": "a\nb", "nothing": None, "count": 3},
    }
    mirrored.show("skill/s", body)
    page = mirrored.get("r/skill/s.html")
    facts = page.texts_of("dd")
    assert {"no", "3"} <= {*facts}
    assert {"read: staff", "write: –"} <= {*page.texts_of("p")}
    assert {"one", "two"} <= {*page.texts_of("span", "chip")}
    assert "a b" in page.texts_of("span", "lines")
    assert [found["src"] for name, found in page.elements if name == "img"][-1] == PICTURE
    folds = page.texts_of("details", "fold")
    assert any(each.startswith("run.py print(1)") for each in folds)
    assert any(each.startswith("logo.bin Not a text") for each in folds)
    assert "end" in page.texts_of("pre", "deep")[0]
    assert page.is_harmless()


def test_a_picture_with_an_address_is_not_fetched(mirrored: Mirrored) -> None:
    """Of a picture elsewhere I read the address; one that stands in the agent itself is shown."""
    for slug, image in (("far", "https://evil.test/x.png"), ("near", PICTURE)):
        mirrored.show(f"agent/{slug}", {"name": slug, "system": "", "image": image})
    far, near = (mirrored.get(f"r/agent/{slug}.html") for slug in ("far", "near"))
    assert [found for name, found in far.elements if name == "img" and "evil" in str(found)] == []
    assert "https://evil.test/x.png" in far.texts_of("dd")
    assert [found["src"] for name, found in near.elements if name == "img"][-1] == PICTURE


def test_types_of_parameters_are_said_in_words(mirrored: Mirrored) -> None:
    """A choice, a list and a value that may be left out are named, and not shown as a schema."""
    said = {
        "one": {"type": "string", "enum": ["a", "b"]},
        "some": {"type": "array", "items": {"type": "integer"}},
        "perhaps": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": None},
        "both": {"type": ["string", "null"]},
        "any": {},
    }
    spec = {"name": "run", "description": "Runs.", "parameters": {"properties": said, "required": ["one"]}}
    mirrored.show("tool/t", tool(), derived={"specs": [spec]})
    rows = mirrored.get("r/tool/t.html").texts_of("tr")[1:]
    assert [each.split(" default")[0].split(" enum")[0] for each in rows] == [
        *("any any no", "both string | null no", "one string yes", "perhaps number | null no"),
        "some array of integer no",
    ]


@pytest.mark.parametrize("slug", ["*", "a[1]", "?"])
def test_a_name_that_looks_like_a_pattern_is_one_resource(mirrored: Mirrored, slug: str) -> None:
    """A tool that is called like a wildcard has its page, and no other's."""
    for each in (slug, "a", "a1"):
        mirrored.show(f"tool/{each}", tool(name=f"called {each}"), remote_fingerprint=None)
    page = mirrored.get(all_pages()["resource"].address(ref=f"tool/{slug}"))
    assert (page.status, page.texts_of("h1")) == (200, [f"called {slug}"])
    assert mirrored.get("k/tool/1.html").status == 200
    assert mirrored.get(all_pages()["resource"].address(ref="tool/none*")).status == 404


def test_what_a_server_derived_may_have_any_form(mirrored: Mirrored) -> None:
    """Specs that are none, or half of one, cost the reader nothing but that half."""
    odd = [None, 1, {"name": None}, {"name": "a", "parameters": [1]}, {"name": "b", "parameters": {"properties": [2]}}]
    specs = [*odd, {"name": "c", "parameters": {"properties": {"x": None}, "required": "x"}}]
    assert [each.name for each in methods_in({"specs": specs})] == ["", "a", "b", "c"]
    assert [*methods_in({"specs": "none"})] == [*methods_in({})] == []
    mirrored.show("tool/odd", tool(), derived={"specs": specs, "created_at": "yesterday", HOSTILE: [HOSTILE]})
    page = mirrored.get("r/tool/odd.html")
    assert page.status == 200
    assert page.is_harmless()


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_a_server_sent_is_more_than_text(mirrored: Mirrored, language: str) -> None:
    """Whatever a resource is called and says, the pages show it and do nothing else."""
    said = {"name": HOSTILE, "description": HOSTILE, "access": {"read": [HOSTILE], "write": [HOSTILE]}}
    spec = {"name": HOSTILE, "description": HOSTILE, "parameters": {"properties": {HOSTILE: {"default": HOSTILE}}}}
    mirrored.show(
        f"tool/{HOSTILE}", {**said, "content": HOSTILE, "meta": {HOSTILE: HOSTILE}}, derived={"specs": [spec]}
    )
    mirrored.show(
        "agent/a", {**said, "system": HOSTILE, "base": HOSTILE, "tools": [f"tool/{HOSTILE}"], "params": [said]}
    )
    mirrored.show("prompt/p", {**said, "content": f"[x](javascript:alert(1)) {HOSTILE}", "tags": [HOSTILE]})
    mirrored.show("function/f", {**said, "content": HOSTILE, "active": True}, type_="filter", version=HOSTILE)
    paths = [
        "index.html",
        "k/tool/1.html",
        "k/agent/1.html",
        "k/filter/1.html",
        'k/prompt/1.html?q=<script>&sort="><b>',
    ]
    catalogue = Catalogue(read_config(mirrored.root), None)
    paths += [all_pages()["resource"].address(ref=each.ref) for each in catalogue.listed()]
    assert len(paths) == 9
    for path in paths:
        page = mirrored.get(path, language)
        assert (path, page.status, page.is_harmless()) == (path, 200, True)
        assert HOSTILE in page.text or path == "k/prompt/1.html"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_mine_is_there_in_both_languages(desk: Desk, language: str) -> None:
    """Each address that a page says to have answers in the language that it is asked in, with one heading."""
    with Catalogue(read_config(desk.folder), None).held() as catalogue:
        for name in ("home", "list", "resource"):
            page = all_pages()[name]
            for params in [*page.every(catalogue)][:80]:
                html = render(page, catalogue, Asked(params), language)
                assert f'<html lang="{"zh-Hans" if language == "zh" else "en"}">' in html
                assert html.count("<h1") == 1
                assert ("跳到正文" in html) is (language == "zh")


def test_a_mirror_that_cannot_be_read_is_said_with_a_way_out(mirrored: Mirrored) -> None:
    """A damaged mirror gets a page that says so and what to do, and no half of a list."""
    (mirrored.root / "mirror.db").write_bytes(b"no database" * 100)
    for path in ("index.html", "k/tool/1.html", "r/tool/x.html"):
        page = mirrored.get(path)
        assert (page.status, page.texts_of("h1")) == (500, ["This cannot be shown"])
        assert "mirror.db is no mirror" in page.text
        assert "move it away and pull again" in page.text


def test_what_is_not_there_is_said_with_a_way_out(mirrored: Mirrored) -> None:
    """An address of nothing gets a page that says so, with a name that is close."""
    mirrored.show("tool/weather", tool())
    page = mirrored.get("r/tool/wether.html")
    assert page.status == 404
    assert "did you mean tool/weather?" in page.text
    assert mirrored.get("k/nonsense/1.html").status in (400, 404)
    assert mirrored.get("k/tool/99999999999.html").status == 200


def test_before_the_first_pull_the_page_says_what_to_do(mirrored: Mirrored) -> None:
    """An empty workspace gets a page that leads on."""
    page = mirrored.get("index.html")
    assert page.status == 200
    assert page.texts_of("p", "empty")[0] == "Nothing is here yet. Bring it with cochat pull"


def test_without_a_workspace_the_command_says_so(tmp_path: Path) -> None:
    """Started in no workspace, the command says what is missing and serves nothing."""
    told = Desk(tmp_path).cochat("browse", "--no-open", expected=2)
    assert "cochat init" in told.err


def test_an_edit_is_seen_while_the_pages_are_read(mirrored: Mirrored) -> None:
    """I edit a file, load the page again, and it says so: what is shown for speed's sake is shown for a moment only."""
    catalogue = Catalogue(read_config(mirrored.root), None, fresh_s=0)
    assert catalogue.listed() == []
    place = mirrored.root / "plugins" / "tools" / "new.py"
    place.parent.mkdir(parents=True)
    place.write_text(SOURCE, encoding="utf-8")
    end_s = time.monotonic() + 20
    while not catalogue.listed() and time.monotonic() < end_s:
        """Load the page again."""
    assert [each.ref for each in catalogue.listed()] == ["tool/new"]


def test_what_says_nothing_is_sorted_last() -> None:
    """Sorting an empty list, or by an unknown column, changes nothing."""
    assert _sorted([], "name") == []
