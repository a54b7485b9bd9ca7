"""What chaos plays with: one row for each sort of resource, how its files look and how a server is asked for it.

A mark is a word that nothing else contains; where a mark is, there is the body that bears it.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

FLAVORS = ("cochat", "owui-0.12", "owui-0.6")
MARK = re.compile(r"mark-\d{6}-[0-9a-f]{6}\.")
#: kinds whose further writes are named by a workspace: CoChat's own reference has none
MORE_WRITES = {
    "agent": {"update": "PUT /api/custom/agents/{id}", "delete": "DELETE /api/custom/agents/{id}"},
    "automation": {"update": "PUT /api/v1/automations/{id}", "delete": "DELETE /api/v1/automations/{id}"},
}
Wire = dict[str, Any]


def marks_in(text: str) -> set[str]:
    """Find the marks in a text."""
    return set(MARK.findall(text))


@dataclass(frozen=True)
class Files:
    """Name the requests for the files that lie beside an object."""

    upload: str
    attach: str
    detach: str
    listing: str
    content: str


@dataclass(frozen=True)
class There:
    """Say how somebody works on one sort at one flavor of server, past us. `{id}` is the server's id, or the slug's.

    `form(slug, text)` is the form of a save; `text_at` is where an object has the text. `listing` answers a list, or
    pages of one. `makes_id`: the server makes the id, so that a create that is repeated makes another.
    """

    listing: str
    create: str
    update: str
    delete: str
    form: Callable[[str, str], Wire]
    text_at: tuple[str | int, ...]
    slug_of: Callable[[Wire], str]
    history: str | None = None
    makes_id: bool = False
    #: drafts are among its versions, and told from what was live by the second alone: what somebody saves within that
    #: of the save before is kept by the server, and not told
    has_drafts: bool = False
    #: the id stands in the form of a delete
    delete_form: Callable[[str], Wire] | None = None
    files: Files | None = None
    #: one of them can be read alone
    has_item: bool = True
    #: its listing comes in pages
    is_paged: bool = False
    #: where a version is read that a save must name
    versioned: str | None = None

    @property
    def tells_covered(self) -> bool:
        """Tell whether the history says that a write covered somebody's version; where there are drafts, see there."""
        return self.history is not None

    def text(self, wire: Wire) -> str:
        """Read the text of an object."""
        found: Any = wire
        for key in self.text_at:
            found = found[key]
        return str(found)

    def content(self, wire: Wire) -> str:
        """Read the text of an object, and its further files."""
        further = [each["content"] for each in wire.get("files") or () if each.get("path") != "SKILL.md"]
        return "".join([self.text(wire), *further, *(text for _id, text in wire.get("attached", {}).values())])

    def address(self, wire: Wire) -> str:
        """Name an object in a path."""
        return str(wire["id"] if self.makes_id else self.slug_of(wire))


@dataclass(frozen=True)
class Sort:
    """Say how one sort looks here: its main file, other files of its own, and what a text becomes in them.

    `write(slug, text)` gives contents by path; `read(contents)` gives the text back out of the main file's content.
    """

    kind: str
    main: str
    write: Callable[[str, str], Mapping[str, str]]
    read: Callable[[str], str]
    there: Mapping[str, There]
    template: str = "MARK\n"
    #: saving it takes one request, so an answer that is lost leaves nothing half done
    is_one_request: bool = True
    siblings: tuple[str, ...] = ()
    #: lays another text over the main file's content
    lay: Callable[[str, str], str] = field(default=lambda _content, text: text)
    #: where a new file goes, for a sort to which something is added by a file
    added: str | None = None

    def text(self, mark: str) -> str:
        """Write a text that bears a mark."""
        return self.template.replace("MARK", mark)

    def path(self, slug: str) -> str:
        """Name its main file."""
        return self.main.format(slug=slug)

    @cached_property
    def _glob(self) -> str:
        return self.main.format(slug="*")

    @property
    def folder(self) -> str:
        """Name the folder that holds all of the sort."""
        return self.main.partition("/{slug}")[0]

    @property
    def has_folder(self) -> bool:
        """Tell whether it is a folder of its own."""
        return "{slug}/" in self.main

    def own_paths(self, slug: str) -> set[str]:
        """Name every file that it may have."""
        return {*self.write(slug, ""), *(each.format(slug=slug) for each in self.siblings)}

    def slugs(self, root: Path) -> list[str]:
        """List what lies in a workspace."""
        at = self.main.split("/").index(next(part for part in self.main.split("/") if "{slug}" in part))
        found = (place.relative_to(root).parts[at] for place in root.glob(self._glob))
        return sorted(part if self.has_folder else part.rpartition(".")[0] for part in found)

    def save(self, root: Path, slug: str, mark: str) -> None:
        """Write its files, with a text that bears a mark."""
        for path, content in self.write(slug, self.text(mark)).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content)

    def append(self, root: Path, slug: str, line: str) -> None:
        """Add a last line to its text, or a file that bears it."""
        if self.added:
            place = root / self.added.format(slug=slug, name=line)
            place.parent.mkdir(exist_ok=True)
            place.write_text(f"{line}\n")
            return
        place = root / self.path(slug)
        content = place.read_text()
        place.write_text(self.lay(content, f"{self.read(content)}{line}\n"))

    def places(self, root: Path, slug: str) -> list[Path]:
        """List the files that it has."""
        inner = (root / self.path(slug)).parent.rglob("*") if self.has_folder else ()
        named = (root / path for path in self.own_paths(slug))
        return sorted({place for place in (*inner, *named) if place.is_file()})

    def raw(self, root: Path, slug: str) -> str:
        """Read all of its files."""
        return "".join(place.read_text() for place in self.places(root, slug))

    def agrees(self, root: Path, slug: str, there: str | None) -> bool:
        """Tell whether its files say what the server has: the same text, or of a folder the same marks."""
        place = root / self.path(slug)
        if there is None or not place.exists():
            return there is None and not place.exists()
        if self.has_folder:
            return marks_in(self.raw(root, slug)) == marks_in(there)
        return self.read(place.read_text()) == there

    def delete(self, root: Path, slug: str) -> None:
        """Take its files away."""
        if self.has_folder:
            shutil.rmtree((root / self.path(slug)).parent)
        for path in self.own_paths(slug):
            (root / path).unlink(missing_ok=True)

    def rename(self, root: Path, slug: str, other: str) -> None:
        """Give its files another name."""
        if self.has_folder:
            (root / self.path(slug)).parent.rename((root / self.path(other)).parent)
        for old, new in zip(sorted(self.own_paths(slug)), sorted(self.own_paths(other)), strict=True):
            if (root / old).exists():
                (root / old).rename(root / new)


def sorts_of(flavor: str) -> list[Sort]:
    """List what a flavor of server has."""
    return [sort for sort in SORTS.values() if flavor in sort.there]


def _named(wire: Wire) -> str:
    return str(wire["name"])


def _id_of(wire: Wire) -> str:
    return str(wire["id"])


def _plugin_form(slug: str, text: str) -> Wire:
    return {"id": slug, "name": slug, "content": text, "meta": {"description": ""}}


def _plugins(at: str) -> dict[str, There]:
    there = There(
        listing=f"{at}/export",
        create=f"POST {at}/create",
        update=f"POST {at}/id/{{id}}/update",
        delete=f"DELETE {at}/id/{{id}}/delete",
        form=_plugin_form,
        text_at=("content",),
        slug_of=_id_of,
        history=f"{at}/id/{{id}}/history",
    )
    return {flavor: there if flavor == "owui-0.12" else replace(there, history=None) for flavor in FLAVORS}


def _yaml_with(name: str) -> tuple[Callable[[str], str], Callable[[str, str], str]]:
    """Make what reads a key of YAML, and what lays another value over it."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False

    def read(content: str) -> str:
        return str(yaml.load(content)[name])

    def lay(content: str, text: str) -> str:
        import io

        told = io.StringIO()
        yaml.dump({**yaml.load(content), name: text}, told)
        return told.getvalue()

    return read, lay


def _behind_head(content: str) -> str:
    if not content.startswith("---\n"):
        return content
    return content.split("\n---\n", 1)[1]


def _lay_behind_head(content: str, text: str) -> str:
    return content.removesuffix(_behind_head(content)) + text


_PROMPT_12 = There(
    listing="/api/v1/prompts/list?order_by=created_at&direction=asc",
    create="POST /api/v1/prompts/create",
    update="POST /api/v1/prompts/id/{id}/update",
    delete="DELETE /api/v1/prompts/id/{id}/delete",
    form=lambda slug, text: {"command": slug, "name": slug, "content": text},
    text_at=("content",),
    slug_of=lambda wire: str(wire["command"]),
    history="/api/v1/prompts/id/{id}/history",
    makes_id=True,
    has_drafts=True,
    is_paged=True,
)
_PROMPT_06 = There(
    listing="/api/v1/prompts/",
    create="POST /api/v1/prompts/create",
    update="POST /api/v1/prompts/command/{id}/update",
    delete="DELETE /api/v1/prompts/command/{id}/delete",
    form=lambda slug, text: {"command": f"/{slug}", "title": slug, "content": text, "access_control": {}},
    text_at=("content",),
    slug_of=lambda wire: str(wire["command"]).removeprefix("/"),
)
_MODELS = "/api/v1/models"


def _model_form(slug: str, text: str) -> Wire:
    return {"id": slug, "base_model_id": "gpt-x", "name": slug, "meta": {}, "params": {"system": text}}


def _agents(listing: str, *, has_history: bool) -> There:
    return There(
        listing=listing,
        create=f"POST {_MODELS}/create",
        update=f"POST {_MODELS}/model/update?id={{id}}",
        delete=f"POST {_MODELS}/model/delete?id={{id}}",
        form=_model_form,
        text_at=("params", "system"),
        slug_of=_id_of,
        history=f"{_MODELS}/model/history?id={{id}}" if has_history else None,
        delete_form=lambda slug: {"id": slug},
    )


_KNOWLEDGE = "/api/v1/knowledge"
_BASES = There(
    listing=f"{_KNOWLEDGE}/",
    create=f"POST {_KNOWLEDGE}/create",
    update=f"POST {_KNOWLEDGE}/{{id}}/update",
    delete=f"DELETE {_KNOWLEDGE}/{{id}}/delete",
    form=lambda slug, text: {"name": slug, "description": text, "access_control": {}},
    text_at=("description",),
    slug_of=_named,
    makes_id=True,
    is_paged=True,
    files=Files(
        "POST /api/v1/files/?process=true&process_in_background=false",
        f"POST {_KNOWLEDGE}/{{id}}/file/add",
        f"POST {_KNOWLEDGE}/{{id}}/file/remove?delete_file=true",
        f"{_KNOWLEDGE}/{{id}}/files",
        "/api/v1/files/{id}/content",
    ),
)
_AUTOMATIONS = "/api/v1/automations"
_DAILY = "FREQ=DAILY"
_read_prompt, _lay_prompt = _yaml_with("prompt")
_read_description, _lay_description = _yaml_with("description")

TOOL = Sort(
    "tool",
    "plugins/tools/{slug}.py",
    lambda slug, text: {f"plugins/tools/{slug}.py": text},
    str,
    _plugins("/api/v1/tools"),
    template='class Tools:\n    def say(self) -> str:\n        """Say it."""\n        return "it"\n\n\n# MARK\n',
    siblings=("plugins/tools/{slug}.yaml",),
)
FILTER = Sort(
    "function",
    "plugins/filters/{slug}.py",
    lambda slug, text: {f"plugins/filters/{slug}.py": text},
    str,
    _plugins("/api/v1/functions"),
    template="class Filter:\n    def inlet(self, body: dict) -> dict:\n        return body\n\n\n# MARK\n",
    siblings=("plugins/filters/{slug}.yaml",),
)
ACTION = replace(
    FILTER,
    main="plugins/actions/{slug}.py",
    write=lambda slug, text: {f"plugins/actions/{slug}.py": text},
    template="class Action:\n    def action(self, body: dict) -> dict:\n        return body\n\n\n# MARK\n",
    siblings=("plugins/actions/{slug}.yaml",),
)
PROMPT = Sort(
    "prompt",
    "prompts/{slug}.md",
    lambda slug, text: {f"prompts/{slug}.md": text},
    _behind_head,
    {"owui-0.12": _PROMPT_12, "owui-0.6": _PROMPT_06, "cochat": _PROMPT_06},
    lay=_lay_behind_head,
)
AGENT = Sort(
    "agent",
    "agents/{slug}.md",
    lambda slug, text: {f"agents/{slug}.md": f"---\nbase: gpt-x\n---\n{text}"},
    _behind_head,
    {
        "owui-0.12": _agents(f"{_MODELS}/all", has_history=True),
        "owui-0.6": _agents(f"{_MODELS}/export", has_history=False),
        "cochat": There(
            listing="/api/custom/agents/",
            create="POST /api/custom/agents/",
            update="PUT /api/custom/agents/{id}",
            delete="DELETE /api/custom/agents/{id}",
            form=lambda slug, text: {"name": slug, "system_prompt": text, "model": "gpt-x"},
            text_at=("system_prompt",),
            slug_of=_named,
            makes_id=True,
            has_item=False,
        ),
    },
    lay=_lay_behind_head,
)
SKILL = Sort(
    "skill",
    "skills/{slug}/SKILL.md",
    lambda slug, text: {f"skills/{slug}/SKILL.md": text, f"skills/{slug}/notes.md": text},
    str,
    {
        "owui-0.12": There(
            listing="/api/v1/skills/export?format=json",
            create="POST /api/v1/skills/create",
            update="POST /api/v1/skills/id/{id}/update",
            delete="DELETE /api/v1/skills/id/{id}/delete",
            form=lambda slug, text: {
                "id": slug,
                "name": slug,
                "files": [{"path": "SKILL.md", "content": text}, {"path": "notes.md", "content": text}],
            },
            text_at=("files", 0, "content"),
            slug_of=_id_of,
            history="/api/v1/skills/id/{id}/history",
            versioned="/api/v1/skills/id/{id}",
        ),
    },
    siblings=("skills/{slug}.yaml",),
)
KNOWLEDGE = Sort(
    "knowledge",
    "knowledge/{slug}/knowledge.yaml",
    lambda slug, text: {
        f"knowledge/{slug}/knowledge.yaml": f"description: {text.strip()}\n",
        f"knowledge/{slug}/files/note.md": text,
    },
    _read_description,
    dict.fromkeys(FLAVORS, _BASES),
    is_one_request=False,
    added="knowledge/{slug}/files/{name}md",
    lay=_lay_description,
)
AUTOMATION = Sort(
    "automation",
    "automations/{slug}.yaml",
    lambda slug, text: {f"automations/{slug}.yaml": f"prompt: |\n  {text.strip()}\nmodel: gpt-x\nrrule: {_DAILY}\n"},
    _read_prompt,
    {
        "owui-0.12": There(
            listing=f"{_AUTOMATIONS}/list",
            create=f"POST {_AUTOMATIONS}/create",
            update=f"POST {_AUTOMATIONS}/{{id}}/update",
            delete=f"DELETE {_AUTOMATIONS}/{{id}}/delete",
            form=lambda slug, text: {
                "name": slug,
                "data": {"prompt": text, "model_id": "gpt-x", "rrule": _DAILY},
            },
            text_at=("data", "prompt"),
            slug_of=_named,
            makes_id=True,
        ),
    },
    lay=_lay_prompt,
)
ROUTINE = Sort(
    "automation",
    "automations/{slug}.yaml",
    lambda slug, text: {f"automations/{slug}.yaml": f"description: |\n  {text.strip()}\ntrigger: manual\n"},
    _read_description,
    {
        "cochat": There(
            listing=f"{_AUTOMATIONS}/",
            create=f"POST {_AUTOMATIONS}/create",
            update=f"PUT {_AUTOMATIONS}/{{id}}",
            delete=f"DELETE {_AUTOMATIONS}/{{id}}",
            form=lambda slug, text: {"name": slug, "description": text},
            text_at=("description",),
            slug_of=_named,
            makes_id=True,
            has_item=False,
        ),
    },
    lay=_lay_description,
)
#: by name; those of one kind are its types, or what it is on servers that differ too much
SORTS = {
    "tool": TOOL,
    "filter": FILTER,
    "action": ACTION,
    "prompt": PROMPT,
    "agent": AGENT,
    "skill": SKILL,
    "knowledge": KNOWLEDGE,
    "automation": AUTOMATION,
    "routine": ROUTINE,
}


def kinds_of(flavor: str) -> dict[str, Sort]:
    """Name the kinds of a flavor of server, with the first sort of each."""
    return {sort.kind: sort for sort in reversed(sorts_of(flavor))}


def sort_named(kind: str, flavor: str) -> Sort:
    """Find the first sort of a kind at a flavor of server."""
    return next(sort for sort in sorts_of(flavor) if sort.kind == kind)


#: what is asked for: (pattern of method and path, operation), the first that fits
_REQUESTS: tuple[tuple[str, str], ...] = (
    (r"\S+ \S*asks_for_nothing", "probe"),
    (r"GET \S*/history", "history"),
    (r"POST /api/v1/files/", "upload"),
    (r"POST \S*/file/add", "attach"),
    (r"POST \S*/file/remove", "detach"),
    (r"GET /api/v1/files/", "content"),
    (r"GET /api/v1/knowledge/search/files", "search"),
    (r"GET /api/v1/knowledge/[^/?]+/files", "files"),
    (r"POST \S*/access/update", "access"),
    (r"POST \S*/toggle", "switch"),
    (r"POST \S*/create", "create"),
    (r"POST /api/custom/agents/$", "create"),
    (r"DELETE |POST \S*/delete", "delete"),
    # where 0.6 lists all files of a base in one answer
    (r"POST \S*/files/batch/add$", "files"),
    (r"PUT |POST \S*/update", "update"),
    (r"GET \S*(/id/|/command/|/model\?|[?&]ids=)", "get"),
    (r"GET /api/v1/(knowledge|automations)/[0-9a-f-]{36}$", "get"),
    (r"GET \S*[?&]page=([2-9]|\d\d)", "page"),
    (r"GET ", "list"),
)
#: by the beginning of a path: what kind it is about
_PATHS: tuple[tuple[str, str], ...] = (
    ("/api/v1/tools", "tool"),
    ("/api/v1/functions", "function"),
    ("/api/v1/prompts", "prompt"),
    (f"{_MODELS}/", "agent"),
    ("/api/custom/agents/", "agent"),
    ("/api/v1/skills", "skill"),
    (f"{_KNOWLEDGE}/", "knowledge"),
    ("/api/v1/files/", "knowledge"),
    (f"{_AUTOMATIONS}/", "automation"),
)


def kind_of_request(path: str) -> str | None:
    """Name the kind that a request is about; None for what is about no kind."""
    return next((kind for start, kind in _PATHS if path.startswith(start)), None)


def operation_of(method: str, path: str) -> str:
    """Name the operation that a request belongs to."""
    if kind_of_request(path) is None:
        return "probe"
    said = f"{method} {path}"
    return next((operation for pattern, operation in _REQUESTS if re.match(pattern, said)), "other")


def each_sort(flavor: str, root: Path) -> Iterator[tuple[Sort, str]]:
    """List what lies in a workspace: (sort, slug)."""
    for sort in sorts_of(flavor):
        for slug in sort.slugs(root):
            yield sort, slug
