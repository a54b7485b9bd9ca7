"""Which filters a message meets: as the runtime orders them, with what cannot be read said to be unknown."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cochat_devkit.config import read_config
from cochat_devkit.errors import UnknownResource, UsageError
from cochat_devkit.operations.chain import From, Idle, Switch, Why, chain
from cochat_devkit.plugin import LoadRequest, Part, Turn
from cochat_devkit.runtime import filter_chain
from cochat_devkit.runtime.child_loader import ChildLoader
from tests.contract.conftest import start_local
from tests.desk import Desk, make_desk
from tests.pulled import Pulled

GENERATIONS = {"owui-0.12": "0.12", "cochat": "0.6", "owui-0.6": "0.6"}


def source(priority=None, *, toggle=False, hooks=("inlet",)):
    lines = ["from pydantic import BaseModel", "", "", "class Filter:"]
    if priority is not None:
        lines += ["    class Valves(BaseModel):", f"        priority: int = {priority}", ""]
    lines += [f"    toggle = {toggle}"]
    lines += [f"    def {hook}(self, body): return body" for hook in hooks]
    return "\n".join(lines) + "\n"


def a_filter(name="", **said):
    return {"name": name, "content": source(), "active": True, "global": True, **said}


def ask(made, model=None):
    return chain(read_config(made.desk.folder), model, target=None)


def order(found):
    return [(link.rank, link.node.ref.removeprefix("filter/")) for link in found.links]


@pytest.fixture
def made(tmp_path):
    """Filters of every sort on a server of 0.12, and an agent that names some."""
    pulled = Pulled(tmp_path)
    pulled.shown(
        {
            "filter/late": a_filter("Late", content=source(90, hooks=("inlet", "outlet", "request"))),
            "filter/early": a_filter("Early", content=source(-5)),
            "filter/saved": a_filter("Saved", content=source(90), priority=1),
            "filter/plain": a_filter(),
            "filter/named": a_filter(content=source(4), **{"global": False}),
            "filter/switched": a_filter(content=source(5, toggle=True)),
            "filter/on": a_filter(content=source(6, toggle=True), **{"global": False}),
            "filter/off": a_filter(active=False),
            "filter/other": a_filter(**{"global": False}),
            "filter/odd": a_filter(content="class Filter(Unknown):\n    pass\n"),
            "pipe/pipe": {"name": "Pipe", "content": "class Pipe: ...\n", "active": True, "global": True},
            "agent/helper": {
                "name": "Helper",
                "base": "gpt",
                "filters": ["filter/named", "filter/on", "filter/gone", "filter/off"],
                "default_filters": ["filter/on"],
            },
            "model/laid": {"name": "Laid", "filters": ["filter/named"]},
        }
    )
    pulled.shown({"base-model/laid": {"name": "Below"}, "base-model/gpt": {"name": "GPT"}})
    return pulled


def test_what_runs_everywhere_is_in_the_order_of_the_server(made):
    """Saved priorities count, then those of the classes, then ids; what is unknown stands at 0 and says so."""
    found = ask(made)
    assert order(found) == [(1, "early"), (2, "odd"), (3, "plain"), (4, "saved"), (5, "switched"), (6, "late")]
    told = {link.node.ref.removeprefix("filter/"): link for link in found.links}
    assert {name: (link.priority, link.priority_from) for name, link in told.items()} == {
        "early": (-5, From.CLASS),
        "odd": (0, From.UNKNOWN),
        "plain": (0, From.NOTHING),
        "saved": (1, From.SAVED),
        "switched": (5, From.CLASS),
        "late": (90, From.CLASS),
    }
    assert told["saved"].class_priority == 90
    assert {link.why for link in found.links} == {(Why.GLOBAL,)}
    assert told["late"].hooks == ("inlet", "request", "outlet")
    assert told["odd"].hooks is None
    assert (told["switched"].switch, told["odd"].switch, told["late"].switch) == (
        Switch.BY_PERSON,
        Switch.UNKNOWN,
        Switch.ALWAYS,
    )
    assert not found.is_certain
    assert {each.node.ref.removeprefix("filter/"): each.reason for each in found.idle} == {
        "named": Idle.NEITHER,
        "on": Idle.NEITHER,
        "other": Idle.NEITHER,
        "off": Idle.INACTIVE,
    }


def test_an_agent_has_its_own_beside_them(made):
    """I see what an agent adds, what it switches on, and what it names in vain."""
    found = ask(made, "agent/helper")
    assert found.model.title == "Helper"
    told = {link.node.ref.removeprefix("filter/"): link for link in found.links}
    assert told["named"].why == (Why.NAMED,)
    assert (told["on"].switch, told["switched"].switch) == (Switch.ON_BY_DEFAULT, Switch.BY_PERSON)
    reasons = {each.node.ref: each.reason for each in found.idle}
    assert reasons["filter/gone"] is Idle.MISSING
    assert reasons["filter/off"] is Idle.INACTIVE
    assert "filter/named" not in reasons


def test_what_is_laid_over_a_model_counts_for_it(made):
    """I ask by whatever I call a model: its address, that of what is laid over it, or the server's own id."""
    chains = [order(ask(made, word)) for word in ("model/laid", "base-model/laid", "laid")]
    assert chains[0] == chains[1] == chains[2]
    assert "named" in dict(map(reversed, chains[0]))
    assert order(ask(made, "gpt")) == order(ask(made))


@pytest.mark.parametrize("word", ["agent/nobody", "nobody", "base-model/nobody"])
def test_a_model_that_is_not_there_is_told(made, word):
    """A misspelt agent is an error, not an empty chain."""
    with pytest.raises(UnknownResource, match="nobody"):
        ask(made, word)


def test_a_model_that_nobody_looked_for_is_to_be_pulled(tmp_path):
    """I learn that models come on request, not that mine is misspelt."""
    with pytest.raises(UnknownResource) as raised:
        ask(Pulled(tmp_path), "gpt")
    assert raised.value.hint == "cochat pull --kind base-model"


@pytest.mark.parametrize("dialect", sorted(GENERATIONS))
@pytest.mark.parametrize("saved", ["5", [], {"a": 1}])
def test_a_saved_priority_that_is_no_number_is_unknown(tmp_path, dialect, saved):
    """What a server makes of nonsense I am not told; the rest of the chain stands."""
    made = Pulled(tmp_path, dialect=dialect)
    made.shown(
        {"filter/a": a_filter(content=source(1)), "filter/b": a_filter(content=source(-1), priority=saved)},
        has_files=False,
    )
    told = {link.node.ref: link.priority_from for link in ask(made).links}
    assert told["filter/b"] is From.UNKNOWN
    assert told["filter/a"] is not From.UNKNOWN


@pytest.mark.parametrize("word", ["filter/late", "tool/x", "pipe/pipe"])
def test_what_is_no_model_has_no_chain(made, word):
    """A tool is no model, and the error names what is."""
    with pytest.raises(UsageError, match="is no model and no agent"):
        ask(made, word)


def test_ids_of_models_may_have_slashes(made):
    """A model of a provider is asked for as the server calls it."""
    made.shown({"base-model/router.x-ai/big": {"name": "Big"}})
    assert ask(made, "router.x-ai/big").model.title == "Big"


def test_files_win(made):
    """An edit shows what it will do to the order before I push it."""
    made.write("filter/late", a_filter("Late", content=source(-90)))
    made.write("filter/fresh", a_filter("Fresh", content=source(-91)))
    assert order(ask(made))[:3] == [(1, "fresh"), (2, "late"), (3, "early")]


def test_0_6_looks_at_the_saved_alone(tmp_path):
    """On CoChat what is not saved does not count, and what is the same is in no certain order."""
    made = Pulled(tmp_path, dialect="cochat")
    made.shown(
        {
            "filter/b": a_filter(content=source(-100, hooks=("inlet", "request"))),
            "filter/a": a_filter(content=source(50)),
            "filter/first": a_filter(content="not even Python", priority=-1),
        }
    )
    found = ask(made)
    assert order(found) == [(1, "first"), (2, "a"), (2, "b")]
    assert [link.priority_from for link in found.links] == [From.SAVED, From.NOTHING, From.NOTHING]
    assert [link.class_priority for link in found.links] == [None, 50, -100]
    assert found.links[2].hooks == ("inlet",)
    assert not found.is_certain
    assert (found.dialect, found.generation) == ("CoChat", "0.6")


priorities = st.none() | st.integers(-3, 3)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    filters=st.dictionaries(
        st.from_regex(r"[a-e_]{1,3}", fullmatch=True), st.tuples(priorities, priorities, st.booleans()), max_size=6
    ),
    dialect=st.sampled_from(sorted(GENERATIONS)),
)
def test_any_filters_are_ordered_as_the_runtime_orders_them(tmp_path_factory, filters, dialect):
    """Whatever is saved and written, the chain that I read is the one that runs; on 0.6 but for those of one rank."""
    made = Pulled(tmp_path_factory.mktemp("chain"), dialect=dialect)
    made.shown(
        {
            f"filter/{id_}": a_filter(content=source(own, toggle=toggle), priority=saved if own is not None else None)
            for id_, (own, saved, toggle) in filters.items()
        },
        has_files=False,
    )
    found = ask(made)
    links = [
        filter_chain.Link(id_, instance(own, toggle), {} if saved is None or own is None else {"priority": saved}, {})
        for id_, (own, saved, toggle) in filters.items()
    ]
    ran = [link.id for link in filter_chain.order(links, GENERATIONS[dialect], enabled=[*filters])]
    ranks = dict(map(reversed, order(found)))
    assert {*ran} == {*ranks}
    assert [ranks[id_] for id_ in ran] == sorted(ranks.values())
    assert GENERATIONS[dialect] == "0.6" or [id_ for _rank, id_ in order(found)] == ran
    switched = [link.id for link in filter_chain.order(links, GENERATIONS[dialect])]
    assert {link.node.ref for link in found.links if link.switch is Switch.ALWAYS} == {
        f"filter/{each}" for each in switched
    }


def instance(own, toggle):
    def valves(**saved):
        return SimpleNamespace(**({} if own is None else {"priority": saved.get("priority", own)}))

    return SimpleNamespace(Valves=valves, toggle=toggle)


@pytest.fixture(scope="module", params=["owui-0.12", "cochat"])
def demo(request, tmp_path_factory):
    """The demo catalogue, pulled from the local server."""
    folder = tmp_path_factory.mktemp("demo")
    with start_local(request.param, folder, has_samples=True) as (url, _email, _password, token):
        desk = make_desk(folder / "work", url, token)
        desk.cochat("pull")
        yield SimpleNamespace(desk=desk, generation=GENERATIONS[request.param])


@pytest.mark.parametrize("everywhere", [False, True])
def test_the_filters_of_the_demo_run_as_they_are_drawn(demo, tmp_path, everywhere):
    """The chain that I read offline, of those that run or of all ten, is the one that a turn goes through."""
    desk = Desk(Path(shutil.copytree(demo.desk.folder, tmp_path / "work")))
    if everywhere:
        for path in [*desk.path("plugins/filters").glob("*.py")]:
            switch_on(path.with_suffix(".yaml"))
    found = chain(read_config(desk.folder), None, target=None)
    assert len(found.links) == (10 if everywhere else 5)
    for link in found.links:
        assert link.hooks is not None
        assert link.switch is not Switch.UNKNOWN
        assert link.priority_from is not From.UNKNOWN
    names = {link.node.ref.removeprefix("filter/"): link for link in found.links}
    steps = turn_through(desk, names, demo.generation)
    for hook in ("inlet", "outlet"):
        ran = [step["id"] for step in steps if step["step"] == hook]
        meant = [name for name, link in names.items() if hook in link.hooks]
        assert sorted(ran) == sorted(meant)
        assert demo.generation == "0.6" or ran == meant
        # those of one rank run in no certain order
        assert [names[each].rank for each in ran] == [names[each].rank for each in meant]
    assert found.is_certain is (demo.generation != "0.6")


def switch_on(sidecar):
    """Say beside a plugin that it runs everywhere."""
    said = sidecar.read_text(encoding="utf-8").splitlines() if sidecar.exists() else []
    kept = [line for line in said if not line.startswith(("active", "global"))]
    sidecar.write_text("\n".join([*kept, "active: true", "global: true", ""]), encoding="utf-8")


def turn_through(desk, names, generation):
    """Send one message through filters in the child process, those with a switch switched on: what happened."""
    sources = {name: desk.path(f"plugins/filters/{name}.py").read_text(encoding="utf-8") for name in names}
    saved = {name: {"priority": link.priority} for name, link in names.items() if link.priority_from is From.SAVED}
    assert saved.keys() >= {"billing_filter", "moderation_filter", "skills_context_filter"}
    parts = tuple(
        Part(LoadRequest("function", name, text), valves=saved.get(name, {})) for name, text in sorted(sources.items())
    )
    turn = Turn([{"role": "user", "content": "hello"}], parts, script=({"text": "hi"},), enabled=tuple(sources))
    with ChildLoader() as loader:
        result = loader.chat(turn, generation, timeout_s=60)
    assert result.error is None
    return result.trace
