"""One of each kind on a desk, and each sort of change to it, with the most requests that a push of it may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.desk import Desk

FLAVORS = ("cochat", "owui-0.12", "owui-0.6")
NEW = ("owui-0.12",)
#: what one resource may cost, and what is added for each further sort of change
MOST_FOR_CONTENT, MOST_FOR_A_FILE = 3, 7
ADDED = {"access": 1, "switch": 2, "valves": 2}

TOOL = '''class Tools:
    def greet(self, name: str) -> str:
        """
        Greet.
        :param name: whom
        """
        return name
'''
FILTER = """from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        priority: int = 0

    def __init__(self):
        self.valves = self.Valves()

    def inlet(self, body: dict) -> dict:
        return body
"""
TEXTS = {
    "plugins/tools/t.py": TOOL,
    "plugins/tools/t.yaml": "access: private\n",
    "plugins/filters/f.py": FILTER,
    "plugins/filters/f.yaml": "active: false\nglobal: false\npriority: 1\n",
    "prompts/p.md": "---\nname: P\naccess: private\n---\nHello\n",
    "models/m.md": "---\nname: M\naccess: private\n---\nYou help.\n",
    "knowledge/k/knowledge.yaml": "description: one\naccess: private\n",
    "knowledge/k/files/a.md": "alpha\n",
    "knowledge/k/files/b.md": "beta\n",
    "agents/g.md": "---\nname: G\nbase: some-base\naccess: private\n---\nYou help.\n",
    "skills/s/SKILL.md": "---\nname: s\ndescription: It audits\n---\nDo it.\n",
    "skills/s/SKILL.yaml": "access: private\nactive: true\n",
    "skills/s/more.txt": "more\n",
    "automations/u.yaml": "prompt: Say hi.\nmodel: some-base\nrrule: FREQ=DAILY\nactive: false\n",
}
#: where each lies that not every server has
ONLY = {"agents/": ("owui-0.12", "owui-0.6"), "skills/": NEW, "automations/": NEW}


@dataclass(frozen=True)
class Change:
    """A change of one resource: which bar it has by, and (path, what was, what is) of each file; None is no file."""

    name: str
    parts: tuple[str, ...]
    edits: tuple[tuple[str, str | None, str | None], ...]
    flavors: tuple[str, ...] = FLAVORS

    @property
    def most(self) -> int:
        """Say the bar: access, a switch or a value that is changed alone takes no more than content would."""
        first, *others = self.parts
        return (MOST_FOR_A_FILE if first == "file" else MOST_FOR_CONTENT) + sum(ADDED[part] for part in others)


_T, _F, _P, _M = "plugins/tools/t", "plugins/filters/f", "prompts/p.md", "models/m.md"
_G, _S, _U, _K = "agents/g.md", "skills/s", "automations/u.yaml", "knowledge/k"
_PUBLIC = ("access: private", "access: public")
_T_CODE, _T_ACCESS = (f"{_T}.py", "return name", "return str(name)"), (f"{_T}.yaml", *_PUBLIC)
_F_CODE, _F_PRIORITY = (f"{_F}.py", "return body", "return dict(body)"), (f"{_F}.yaml", "priority: 1", "priority: 2")
_F_ACTIVE, _F_GLOBAL = (f"{_F}.yaml", "active: false", "active: true"), (f"{_F}.yaml", "global: false", "global: true")

CHANGES = [
    Change("tool-content", ("content",), (_T_CODE,)),
    Change("tool-access", ("access",), (_T_ACCESS,)),
    Change("tool-content-access", ("content", "access"), (_T_CODE, _T_ACCESS)),
    Change("function-content", ("content",), (_F_CODE,)),
    Change("function-switch", ("switch",), (_F_ACTIVE,)),
    Change("function-two-switches", ("switch", "switch"), (_F_ACTIVE, _F_GLOBAL)),
    Change("function-priority", ("valves",), (_F_PRIORITY,)),
    Change("function-content-priority", ("content", "valves"), (_F_CODE, _F_PRIORITY)),
    Change(
        "function-everything",
        ("content", "switch", "switch", "valves"),
        (_F_CODE, _F_ACTIVE, _F_GLOBAL, _F_PRIORITY),
    ),
    Change("prompt-content", ("content",), ((_P, "Hello", "Hey"),)),
    Change("prompt-access", ("access",), ((_P, *_PUBLIC),)),
    Change("prompt-switch", ("switch",), ((_P, "name: P\n", "name: P\nactive: false\n"),), NEW),
    Change("model-content", ("content",), ((_M, "You help", "You sing"),)),
    Change("model-access", ("access",), ((_M, *_PUBLIC),)),
    Change("model-content-access", ("content", "access"), ((_M, "You help", "You sing"), (_M, *_PUBLIC))),
    Change("agent-content", ("content",), ((_G, "You help", "You sing"),), ONLY["agents/"]),
    Change("agent-access", ("access",), ((_G, *_PUBLIC),), ONLY["agents/"]),
    Change("skill-content", ("content",), ((f"{_S}/SKILL.md", "Do it", "Do that"),), NEW),
    Change("skill-file", ("content",), ((f"{_S}/more.txt", "more", "less"),), NEW),
    Change("skill-access", ("access",), ((f"{_S}/SKILL.yaml", *_PUBLIC),), NEW),
    Change("skill-switch", ("switch",), ((f"{_S}/SKILL.yaml", "active: true", "active: false"),), NEW),
    Change("automation-content", ("content",), ((_U, "Say hi", "Say no"),), NEW),
    Change("automation-switch", ("switch",), ((_U, "active: false", "active: true"),), NEW),
    Change("knowledge-content", ("content",), ((f"{_K}/knowledge.yaml", "one", "two"),)),
    Change("knowledge-access", ("access",), ((f"{_K}/knowledge.yaml", *_PUBLIC),)),
    Change("knowledge-file-replaced", ("file",), ((f"{_K}/files/a.md", "alpha", "gamma"),)),
    Change("knowledge-file-added", ("file",), ((f"{_K}/files/c.md", None, "delta\n"),)),
    Change("knowledge-file-removed", ("file",), ((f"{_K}/files/b.md", "beta\n", None),)),
]


#: what a new resource lies in, and the most requests: 3, where the server makes the id the names there are, and a file
NEW_ONES = {
    "tool": ({"plugins/tools/new_t.py": TOOL}, 3),
    "function": ({"plugins/filters/new_f.py": FILTER}, 3),
    "function-switch-priority": (
        {"plugins/filters/new_g.py": FILTER, "plugins/filters/new_g.yaml": "active: true\npriority: 1\n"},
        3 + 2 + 2,
    ),
    "prompt": ({"prompts/new.md": "---\nname: P\n---\nHello\n"}, 4),
    "model": ({"models/new.md": "---\nname: M\n---\nYou help.\n"}, 3),
    "skill": ({"skills/new/SKILL.md": "---\nname: new\ndescription: d\n---\nDo it.\n"}, 4),
    "knowledge": ({"knowledge/new/knowledge.yaml": "description: d\n", "knowledge/new/files/a.md": "new\n"}, 7),
    "automation": ({"automations/new.yaml": "prompt: p\nmodel: some-base\nrrule: FREQ=DAILY\nactive: false\n"}, 4),
}


def texts_for(flavor: str) -> dict[str, str]:
    """List the files of one of each kind that a server of a flavor has."""
    return {path: text for path, text in TEXTS.items() if has_kind_of(flavor, path)}


def has_kind_of(flavor: str, path: str) -> bool:
    """Tell whether a server of a flavor has what lies there."""
    return all(flavor in have for folder, have in ONLY.items() if path.startswith(folder))


def lay_texts(desk: Desk, texts: dict[str, str]) -> None:
    """Write files."""
    for path, text in texts.items():
        desk.path(path).parent.mkdir(parents=True, exist_ok=True)
        desk.path(path).write_text(text, encoding="utf-8")


def lay_change(desk: Desk, change: Change, *, is_back: bool = False) -> None:
    """Make a change, or take it back."""
    for path, old, new in change.edits:
        _lay(desk, path, *((new, old) if is_back else (old, new)))


def _lay(desk: Desk, path: str, old: str | None, new: str | None) -> None:
    if new is None:
        desk.path(path).unlink()
    elif old is None:
        desk.path(path).write_text(new, encoding="utf-8")
    else:
        desk.edit(path, old, new)
