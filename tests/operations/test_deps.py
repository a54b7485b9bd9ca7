"""Who uses whom: files win over the mirror, what is missing is told from what nobody looked for, and circles end."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cochat_devkit.config import read_config
from cochat_devkit.errors import UnknownResource, UsageError
from cochat_devkit.operations.deps import deps, graph, missing
from cochat_devkit.operations.relations import Standing
from cochat_devkit.resource import State
from tests.pulled import Pulled

SOURCE = "class Tools:\n    pass\n"
PIPE = "class Pipe:\n    pass\n"


@pytest.fixture
def pulled(tmp_path):
    """Two agents, of which one names what is not there, and what they use."""
    made = Pulled(tmp_path)
    made.shown(
        {
            "tool/web": {"name": "Web", "content": SOURCE},
            "tool/idle": {"name": "Idle", "content": SOURCE},
            "pipe/router": {"name": "Router", "content": PIPE},
            "skill/audit": {"name": "Audit"},
            "agent/researcher": {
                "name": "Researcher",
                "base": "router.big",
                "tools": ["tool/web"],
                "skills": ["skill/audit"],
            },
            "agent/writer": {
                "name": "Writer",
                "base": "writer",
                "tools": ["tool/web", "tool/gone", "id:server:mcp:x"],
                "filters": ["filter/web", "filter/guard"],
                "default_filters": ["filter/guard"],
                "knowledge": ["knowledge/handbook", {"id": "6f-2", "type": "collection", "name": "?"}],
            },
        }
    )
    made.shown({"knowledge/handbook": {"name": "Handbook"}}, ids={"knowledge/handbook": "6f-1"})
    return made


def ask(pulled, ref, depth=1):
    return deps(read_config(pulled.desk.folder), ref, target=None, depth=depth)


def told(links):
    return {link.node.ref: (*link.fields, str(link.node.standing)) for link in links}


def users(pulled, ref):
    return [link.node.ref for link in ask(pulled, ref).used_by]


def test_what_an_agent_uses_is_told_with_how_and_whether_it_is_there(pulled):
    """I see tools, skills, filters, knowledge and model of an agent, and which of them are not there."""
    assert told(ask(pulled, "agent/researcher").uses) == {
        "base-model/router.big": ("base", "unknown"),
        "pipe/router": ("base", "there"),
        "tool/web": ("tools", "there"),
        "skill/audit": ("skills", "there"),
    }
    assert told(ask(pulled, "agent/writer").uses) == {
        "agent/writer": ("base", "there"),
        "tool/web": ("tools", "there"),
        "tool/gone": ("tools", "missing"),
        "external-tool/server:mcp:x": ("tools", "outside"),
        # a filter is not a tool of that name
        "filter/web": ("filters", "missing"),
        "filter/guard": ("filters", "default_filters", "missing"),
        "knowledge/handbook": ("knowledge", "there"),
        "id:6f-2": ("knowledge", "unknown"),
    }
    assert {link.node.title for link in ask(pulled, "agent/researcher").uses} == {"", "Router", "Web", "Audit"}


def test_who_uses_something_is_told_of_what_is_gone_too(pulled):
    """I ask of a tool before I delete it, of one that somebody deleted, and of what was never ours."""
    assert users(pulled, "tool/web") == ["agent/researcher", "agent/writer"]
    assert users(pulled, "tool/gone") == ["agent/writer"]
    assert users(pulled, "external-tool/server:mcp:x") == ["agent/writer"]
    assert users(pulled, "pipe/router") == users(pulled, "function/router") == ["agent/researcher"]
    assert users(pulled, "base-model/router.big") == ["agent/researcher"]
    assert users(pulled, "knowledge/handbook") == ["agent/writer"]
    assert users(pulled, "tool/idle") == []
    with pytest.raises(UnknownResource, match=r"no tool/nobody, and nobody names it"):
        ask(pulled, "tool/nobody")
    with pytest.raises(UnknownResource) as raised:
        ask(pulled, "filter/router")
    assert raised.value.hint == "did you mean pipe/router?"
    with pytest.raises(UsageError):
        ask(pulled, "web")


def test_an_edit_counts_before_it_is_pushed(pulled):
    """An agent uses what its file says, and I see what the server does not know yet."""
    pulled.write("agent/researcher", {"name": "Researcher", "base": "router.big", "tools": ["tool/idle", "tool/new"]})
    pulled.write("tool/new", {"name": "New", "content": SOURCE})
    pulled.write("tool/idle", {"name": "Busy now", "content": SOURCE})
    links = {link.node.ref: link for link in ask(pulled, "agent/researcher").uses}
    assert [*links] == ["base-model/router.big", "pipe/router", "tool/idle", "tool/new"]
    assert {ref for ref, link in links.items() if link.is_only_here} == {"tool/idle", "tool/new"}
    assert links["tool/new"].node.standing is Standing.ONLY_HERE
    assert links["tool/idle"].node.title == "Busy now"
    assert users(pulled, "tool/web") == ["agent/writer"]
    assert users(pulled, "tool/idle") == ["agent/researcher"]
    (edge,) = [each for each in graph(read_config(pulled.desk.folder), target=None).edges if each.used == "tool/new"]
    assert edge == ("agent/researcher", "tool/new", ("tools",), True)


def test_an_agent_that_is_only_here_counts(pulled):
    """Before the first push of an agent I see that it uses a tool."""
    pulled.write("agent/fresh", {"name": "Fresh", "tools": ["tool/idle"], "base": "fresh2"})
    pulled.write("agent/fresh2", {"name": "Fresh two"})
    assert users(pulled, "tool/idle") == ["agent/fresh"]
    assert told(ask(pulled, "agent/fresh").uses) == {
        "agent/fresh2": ("base", "only here"),
        "tool/idle": ("tools", "there"),
    }


def test_a_file_that_cannot_be_read_takes_nothing_away(pulled):
    """Half-edited front matter does not hide what the server knows."""
    pulled.desk.edit("agents/writer.md", "tools:", "tools: [")
    assert users(pulled, "tool/gone") == ["agent/writer"]


def test_what_the_server_said_is_gone_is_missing(pulled):
    """A tool that was deleted there, with no file here, is missing; one whose file is left is only here."""
    pulled.shown({"tool/web": {"name": "Web", "content": SOURCE}}, state=State.ABSENT)
    assert told(ask(pulled, "agent/researcher").uses)["tool/web"] == ("tools", "only here")
    pulled.remove(["plugins/tools/web.py"])
    assert told(ask(pulled, "agent/researcher").uses)["tool/web"] == ("tools", "missing")


@pytest.mark.parametrize("state", [State.UNREADABLE, State.NOT_LISTED, State.UNPROVEN])
def test_what_nobody_may_read_is_there(pulled, state):
    """ "I could not ask" is never "it is not there"."""
    pulled.shown({"tool/web": {"name": "Web", "content": SOURCE}}, state=state, has_files=False)
    assert told(ask(pulled, "agent/researcher").uses)["tool/web"] == ("tools", "there")


def test_models_are_missing_once_somebody_looked(pulled):
    """An agent on a model that the server no longer offers is found as soon as the models were pulled."""
    pulled.listed("base-model")
    assert told(ask(pulled, "agent/researcher").uses)["base-model/router.big"] == ("base", "missing")
    pulled.shown({"base-model/router.big": {"name": "Big"}})
    assert told(ask(pulled, "agent/researcher").uses)["base-model/router.big"] == ("base", "there")
    pulled.shown({"model/router.big": {"name": "Laid over it"}})
    assert {"base-model/router.big", "model/router.big"} <= told(ask(pulled, "agent/researcher").uses).keys()


def test_the_graph_says_what_single_answers_do(pulled):
    """A page of everything and a question about one resource never disagree."""
    whole = graph(read_config(pulled.desk.folder), target=None)
    nodes = {node.ref: node for node in whole.nodes}
    assert len(nodes) == len(whole.nodes)
    assert {*nodes} == {ref for edge in whole.edges for ref in edge[:2]}
    for ref, node in nodes.items():
        if ref.startswith("id:"):
            continue
        found = ask(pulled, ref)
        assert found.node == node
        assert {link.node.ref for link in found.uses} == {edge.used for edge in whole.edges if edge.user == ref}
        assert {link.node.ref for link in found.used_by} == {edge.user for edge in whole.edges if edge.used == ref}


def test_what_is_missing_is_listed_with_who_names_it(pulled):
    """Before a promotion I see every name that leads nowhere."""
    found = missing(read_config(pulled.desk.folder), target=None)
    assert {each.node.ref: str(each.node.standing) for each in found} == {
        "base-model/router.big": "unknown",
        "filter/guard": "missing",
        "filter/web": "missing",
        "id:6f-2": "unknown",
        "tool/gone": "missing",
    }
    assert {user.user for each in found for user in each.users} == {"agent/researcher", "agent/writer"}


def test_nothing_was_pulled_and_files_answer(tmp_path):
    """In a fresh workspace I ask of what I wrote myself."""
    made = Pulled(tmp_path)
    made.desk.path("mirror.db").unlink()
    made.write("tool/web", {"name": "Web", "content": SOURCE})
    made.write("agent/mine", {"name": "Mine", "tools": ["tool/web", "tool/other"]})
    assert told(ask(made, "agent/mine").uses) == {
        "tool/other": ("tools", "unknown"),
        "tool/web": ("tools", "only here"),
    }
    assert users(made, "tool/web") == ["agent/mine"]


def circle(size):
    return {f"agent/a{number}": {"name": f"A {number}", "base": f"a{(number + 1) % size}"} for number in range(size)}


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_circle_ends_where_it_began(tmp_path, size):
    """Agents on each other are shown once each, however far I ask."""
    made = Pulled(tmp_path)
    made.shown(circle(size))
    link, seen = ask(made, "agent/a0", depth=50).uses, []
    while link:
        ((node, _fields, _new, further, is_elsewhere),) = link
        seen.append(node.ref)
        link = further
    assert seen == [f"agent/a{number % size}" for number in range(1, size + 1)]
    assert is_elsewhere


def test_each_is_followed_once_and_by_the_shortest_way(tmp_path):
    """What two share is followed where it is nearest, and elsewhere only named."""
    made = Pulled(tmp_path)
    made.shown(
        {
            "agent/top": {"name": "Top", "base": "shared", "tools": ["tool/one"]},
            "agent/side": {"name": "Side", "base": "top"},
            "agent/shared": {"name": "Shared", "tools": ["tool/one"], "base": "side"},
            "tool/one": {"name": "One", "content": SOURCE},
        }
    )
    shared, one = ask(made, "agent/top", depth=3).uses
    assert (one.further, one.is_elsewhere) == ((), False)
    side, again = shared.further
    assert (again.node.ref, again.is_elsewhere) == ("tool/one", False)
    (top,) = side.further
    assert (top.node.ref, top.further, top.is_elsewhere) == ("agent/top", (), True)
    assert ask(made, "agent/top", depth=2).uses[0].further[0].further == ()


HOSTILE = ["../../etc", "<script>alert(1)</script>", "a/b", "a:b", "%", "'; --", "x" * 3000, "\u202ex", "é\n", " "]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8"), max_size=12), max_size=4, unique=True))
def test_whatever_a_server_calls_its_things_is_answered(tmp_path_factory, names):
    """No name breaks an answer, reaches a file or stands for another."""
    made = Pulled(tmp_path_factory.mktemp("hostile"))
    tools = [f"tool/{name}" for name in names]
    made.shown({"agent/x": {"name": "<b>", "tools": tools, "base": names[0] if names else None}}, has_files=False)
    found = told(ask(made, "agent/x").uses)
    assert {ref for ref, (field, *_rest) in found.items() if field == "tools"} == {*tools}
    for name in names:
        if name:
            assert users(made, f"tool/{name}") == ["agent/x"]
    graph(read_config(made.desk.folder), target=None)
