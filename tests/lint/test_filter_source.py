"""What a filter says of itself is read without running it: what is told is so, and what cannot be told is left open."""

from __future__ import annotations

from pathlib import Path

import pytest

from cochat_devkit.lint.filter_source import FilterSource, read_filter
from cochat_devkit.plugin import LoadRequest, PluginFacts
from cochat_devkit.server.samples import SAMPLES

ROOT = Path(__file__).parents[2]
DEMO = [each.source_path(ROOT / "plugins") for each in SAMPLES if each.file.startswith("filters/")]
ODD = sorted((ROOT / "tests" / "parity" / "plugins" / "functions").glob("filter_*.py"))
UNKNOWN = FilterSource()


def loaded(loader, path, generation="0.12"):
    source = path.read_text(encoding="utf-8")
    return loader.load(LoadRequest("function", path.stem, source, generation=generation))


@pytest.mark.parametrize("path", DEMO, ids=lambda path: path.stem)
def test_all_is_told_of_the_filters_of_the_demo(path, warm_loader):
    """Of each of the ten I learn hooks, switch and priority, as loading it would tell."""
    told, facts = read_filter(path.read_text(encoding="utf-8")), loaded(warm_loader, path)
    assert isinstance(facts, PluginFacts)
    assert told.priority == facts.priority
    assert told.has_priority is ("priority" in facts.valves["properties"])
    assert told.toggle is facts.toggle
    assert told.hooks == tuple(hook for hook in ("inlet", "request", "stream", "outlet") if hook in facts.hooks)


@pytest.mark.parametrize("path", ODD, ids=lambda path: path.stem)
def test_nothing_untrue_is_told_of_odd_filters(path, warm_loader):
    """Whatever a filter does to be hard to read, I am told what loading it tells, or that it is unknown."""
    told, facts = read_filter(path.read_text(encoding="utf-8")), loaded(warm_loader, path)
    if not isinstance(facts, PluginFacts):
        return
    assert told.priority in (None, facts.priority)
    assert told.has_priority in (None, "priority" in ((facts.valves or {}).get("properties") or {}))
    assert told.toggle in (None, facts.toggle)
    assert told.hooks is None or {*told.hooks} == {name for name, hook in facts.hooks.items() if hook.is_callable}


HEAD = "from pydantic import BaseModel, Field\n\n\n"
VALVES = "    class Valves(BaseModel):\n        priority: int = "


def filter_with(body, head=HEAD, tail=""):
    return f"{head}class Filter:\n{body}{tail}"


@pytest.mark.parametrize(
    ("source", "priority"),
    [
        (filter_with(f"{VALVES}5\n"), 5),
        (filter_with(f"{VALVES}-5\n"), -5),
        (filter_with(f"{VALVES}Field(7, ge=0)\n"), 7),
        (filter_with(f"{VALVES}Field(default=7)\n"), 7),
        (filter_with(f"{VALVES}FIRST\n", head=f"{HEAD}FIRST = -1000\n"), -1000),
        (filter_with(f"{VALVES}5\n", head="import pydantic\n").replace("BaseModel", "pydantic.BaseModel"), 5),
        (
            filter_with(
                "    Valves = Settings\n", head=f"{HEAD}class Settings(BaseModel):\n    priority: int = 4\n\n\n"
            ),
            4,
        ),
        (filter_with("    class Valves(BaseModel):\n        other: int = 1\n"), 0),
        (filter_with("    pass\n"), 0),
        # the class that it is made of
        (f"class Base:\n{VALVES}3\n\n\nclass Filter(Base):\n    pass\n", None),
        (HEAD + f"class Base:\n{VALVES}3\n\n\nclass Filter(Base):\n    pass\n", 3),
        # worked out, or perhaps not what is written
        (filter_with(f"{VALVES}int('5')\n"), None),
        (filter_with(f"{VALVES}Field(default_factory=lambda: 5)\n"), None),
        (filter_with(f"{VALVES}Field(5, alias='order')\n"), None),
        (filter_with(f"{VALVES}FIRST\n", head=f"{HEAD}FIRST = 1\nFIRST = 2\n"), None),
        (filter_with(f"{VALVES}FIRST\n", head=f"{HEAD}if True:\n    FIRST = 1\n"), None),
        (filter_with(f"{VALVES}5\n        key: str\n"), None),
        (filter_with(f"{VALVES}5\n        key: str = Field(...)\n"), None),
        (filter_with(f"{VALVES}'5'\n"), None),
        (filter_with(f"{VALVES}5\n").replace("BaseModel)", "Base)"), None),
        (filter_with(f"{VALVES}5\n", head="from mine import BaseModel\n"), None),
        (filter_with(f"{VALVES}5\n", head="class BaseModel:\n    priority = 1\n"), None),
        (filter_with(f"{VALVES}5\n", tail="\n\nFilter.Valves.priority = 6\n"), None),
        (filter_with(f"{VALVES}5\n", tail="\n\ndef f():\n    Filter.Valves = None\nf()\n"), None),
        (filter_with(f"{VALVES}5\n", tail="\n\nFilter = print\n"), None),
        (filter_with(f"{VALVES}5\n", head=f"{HEAD}@print\n"), None),
        ("class Filter(:\n", None),
        ("", None),
        ("\0", None),
    ],
)
def test_a_priority_is_told_when_it_is_written_out(source, priority):
    """I read the number that stands there, and never one that something else may make of it."""
    assert read_filter(source).priority == priority


@pytest.mark.parametrize(
    ("body", "toggle"),
    [
        ("    pass\n", False),
        ("    toggle = True\n", True),
        ("    toggle = 0\n", False),
        ("    def __init__(self):\n        self.toggle = True\n", True),
        ("    def __init__(own):\n        own.toggle: bool = True\n", True),
        ("    def toggle(self): ...\n", True),
        ("    toggle = bool('x')\n", None),
        ("    @property\n    def toggle(self): return False\n", None),
        ("    def __init__(self, x=1):\n        if x:\n            self.toggle = True\n", None),
        ("    def __init__(self, x=1):\n        if x: return\n        self.toggle = True\n", None),
        ("    def __init__(self):\n        self.toggle = True\n        switch(self)\n", None),
        ("    def __init__(self):\n        self.toggle = True\n        self.toggle = False\n", None),
        ("    def __init__(self):\n        setattr(self, 'tog' + 'gle', True)\n", None),
        ("    def __init__(self):\n        self.__dict__['toggle'] = True\n", None),
        ("    def __getattr__(self, name): return True\n", None),
        ("    toggle = True\n    def inlet(self, body):\n        self.toggle = False\n", None),
    ],
)
def test_a_switch_is_told_when_nothing_else_can_be(body, toggle):
    """I learn whether people can switch a filter, unless it makes that up as it goes."""
    assert read_filter(filter_with(body)).toggle is toggle


@pytest.mark.parametrize(
    ("body", "hooks"),
    [
        ("    def outlet(self, body): ...\n    async def inlet(self, body): ...\n", ("inlet", "outlet")),
        ("    @staticmethod\n    def stream(event): ...\n", ("stream",)),
        ("    def request(self, body): ...\n    outlet = None\n", ("request",)),
        ("    inlet = print\n", None),
        ("    if True:\n        def inlet(self, body): ...\n", None),
        ("    @property\n    def inlet(self): ...\n", None),
        ("    def __init__(self):\n        self.inlet = print\n", None),
    ],
)
def test_hooks_are_told_when_they_are_methods(body, hooks):
    """I learn which hooks a filter has, unless they are made up as it goes."""
    assert read_filter(filter_with(body)).hooks == hooks


def test_reading_runs_nothing(tmp_path):
    """A filter from a stranger is looked at and does nothing here."""
    made = tmp_path / "made"
    source = filter_with("    toggle = True\n", head=f"open({str(made)!r}, 'w').close()\n")
    assert read_filter(source).toggle is True
    assert not made.exists()


DEEP = ["a" + ".a" * 2000, "-" * 100_000 + "1", "(" * 5000, "[" * 90 + "]" * 90, "1" + "+1" * 2500, "f" + "()" * 2000]


@pytest.mark.parametrize("deep", DEEP)
@pytest.mark.parametrize(
    "source",
    [
        "x = {deep}\nclass Filter: pass\n",
        "class Filter({deep}): pass\n",
        "class Filter:\n    toggle = {deep}\n",
        "class Filter:\n    inlet = {deep}\n",
        HEAD + "class Filter:\n    class Valves(BaseModel):\n        priority: {deep} = {deep}\n",
        HEAD + "class Filter:\n    class Valves(BaseModel):\n        priority: int = Field({deep})\n",
        HEAD + "class Filter:\n    class Valves(BaseModel):\n        priority: int = {deep}(1)\n",
    ],
)
def test_a_source_made_to_bring_a_reader_down_does_not(source, deep):
    """However deep an expression goes, I get an answer, and none that is made up."""
    told = read_filter(source.replace("{deep}", deep))
    assert told.priority in (None, 0) or "1+1" in deep
    assert told.toggle in (None, False, True)


def test_what_python_would_warn_of_is_read_in_silence():
    """A source with an odd escape is read like any other, and nothing is printed about it."""
    assert read_filter(filter_with("    toggle = True\n", tail="\nx = '\\d'\n")).toggle is True


def test_a_class_made_of_itself_is_unknown():
    """A circle of bases ends."""
    assert read_filter("class Filter(Filter): pass\n") == UNKNOWN
