"""The sample catalogue: what the local server shows before anybody saved anything, named after CoChat's own.

CoChat lists 24 tools. 21 of them have a source; three are offered by MCP servers and have none: the real server shows
those in the listing only, under ids of the form `server:mcp:…`, and so does this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cochat_devkit.kinds.access import PUBLIC, Groups
from cochat_devkit.kinds.kind import SourceFacts, WireContext
from cochat_devkit.kinds.wire import to_create_form
from cochat_devkit.resource import Key, Resource, Slug
from cochat_devkit.server.base_models import SAMPLES_NOTE
from cochat_devkit.server.cochat_samples import add_automation, add_cochat, add_settings, add_skills
from cochat_devkit.server.sample_knowledge import add_knowledge
from cochat_devkit.server.sample_texts import add_agents, add_prompts
from cochat_devkit.server.settings import Settings
from cochat_devkit.server.tool_servers import CONNECTIONS, connection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.resource import Json, Wire
    from cochat_devkit.server.access import Caller
    from cochat_devkit.server.collection import Collection
    from cochat_devkit.server.context import ServerContext

MARK = "[sample]"
GROUP = "Writers"
_HERE = Path(__file__).parent / "catalogue"


@dataclass(frozen=True)
class Sample:
    """Name one resource of the catalogue: its source file, the switches that are on, and who may see it."""

    kind: str
    file: str
    on: tuple[str, ...] = ()
    access: Json = PUBLIC
    #: the source comes with the kit as an example plugin, and is not kept twice
    is_shipped: bool = False
    #: what somebody saved as the place of a filter among others
    priority: int | None = None

    @property
    def slug(self) -> Slug:
        """Name the resource within its kind."""
        return Slug(Path(self.file).stem)

    def source_path(self, shipped: Path) -> Path:
        """Find the source file; `shipped` is the folder of the example plugins."""
        return (shipped if self.is_shipped else _HERE) / self.file


_FOR_WRITERS = {"read": [GROUP], "write": [GROUP]}

SAMPLES = (
    Sample("tool", "tools/delegate_task.py"),
    Sample("tool", "tools/delegate_tasks.py"),
    Sample("tool", "tools/web_search.py"),
    Sample("tool", "tools/url_fetch.py", is_shipped=True),
    Sample("tool", "tools/http_client.py", access="private"),
    Sample("tool", "tools/google_drive.py", access={"read": [GROUP]}),
    Sample("tool", "tools/google_sheets.py", access={"read": [GROUP]}),
    Sample("tool", "tools/google_calendar.py", access={"read": [GROUP]}),
    Sample("tool", "tools/markdown_document.py", access=_FOR_WRITERS, is_shipped=True),
    Sample("tool", "tools/html_document.py", access=_FOR_WRITERS),
    Sample("tool", "tools/python_document.py"),
    Sample("tool", "tools/automations_tools.py"),
    Sample("tool", "tools/activity_tools.py", access="private"),
    Sample("tool", "tools/chats_tools.py"),
    Sample("tool", "tools/memory_recall.py"),
    Sample("tool", "tools/query_documents.py"),
    Sample("tool", "tools/search_conversation_history.py"),
    Sample("tool", "tools/send_email.py", access="private"),
    Sample("tool", "tools/request_tool_access.py"),
    Sample("tool", "tools/skill_resources.py"),
    Sample("tool", "tools/ui_highlight.py"),
    Sample("function", "filters/adaptive_memory_v2.py", on=("active",)),
    Sample("function", "filters/base_system_prompt_filter.py", on=("active", "global")),
    Sample("function", "filters/billing_filter.py", on=("active", "global"), priority=90),
    Sample("function", "filters/collaborative_context_filter.py", on=("active",)),
    Sample("function", "filters/conversation_context_filter.py", on=("active", "global"), is_shipped=True),
    Sample("function", "filters/integration_suggester_filter.py", on=("active",)),
    Sample("function", "filters/message_attribution_filter.py", on=("active",), is_shipped=True),
    Sample("function", "filters/moderation_filter.py", on=("active", "global"), is_shipped=True, priority=-100),
    Sample("function", "filters/onboarding_filter.py"),
    Sample("function", "filters/skills_context_filter.py", on=("active", "global"), priority=30),
    Sample("function", "pipes/openrouter_manifold.py", on=("active",)),
)

#: MCP servers whose tools are passed on: (id, name, description)
TOOL_SERVERS = (
    ("coder-workspaces", "Coder Workspaces", "Work in a VS Code workspace."),
    ("browser-control", "Browser Control", "Steer a Chrome browser."),
    ("fetch-youtube", "Fetch YouTube", "Fetch what was said in a video."),
)

#: the agents that come with CoChat: (name, model, tools)
AGENTS = (
    ("General", "openrouter_manifold.anthropic/claude-sonnet-4.5", ()),
    ("Researcher", "openrouter_manifold.x-ai/grok-4.1-fast", ("web_search",)),
    ("Technical", "openrouter_manifold.anthropic/claude-sonnet-4.5", ("server:mcp:coder-workspaces",)),
)

#: (name, e-mail address, whether they are in the group)
PEOPLE = (("Mei", "mei@localhost", True), ("Sam", "sam@localhost", False))


def add_samples(context: ServerContext, collections: Mapping[str, Collection], shipped: Path, *, password: str) -> None:
    """Fill a fresh server; everybody in the catalogue signs in with the same password.

    An example plugin that is not in `shipped` is left out: a checkout may have lost it.
    """
    admin = context.people.caller(context.people.users()[0])
    wire = WireContext(context.dialect, _add_people(context, admin, password))
    for sample in SAMPLES:
        collection, path = collections.get(sample.kind), sample.source_path(shipped)
        if collection and path.is_file():
            _add_sample(collection, sample, path.read_text(encoding="utf-8"), admin, wire)
    agents = [_agent_wire(*each) for each in AGENTS]
    add_prompts(context, admin)
    add_skills(context, admin)
    add_automation(context, admin)
    add_settings(context)
    connections = [connection(id_, name, f"{MARK} {description}") for id_, name, description in TOOL_SERVERS]
    Settings(context).put({CONNECTIONS: connections})
    add_knowledge(context, admin)
    if context.dialect.landmark:
        add_cochat(context, admin, agents)
        context.notes.put(SAMPLES_NOTE, value=True)
    else:
        add_agents(context, admin, agents)


def _add_people(context: ServerContext, admin: Caller, password: str) -> Groups:
    group = context.groups.add(admin.id, name=GROUP, description=f"{MARK} Those who write documents")
    for name, email, is_member in PEOPLE:
        user = context.people.add(name=name, email=email, password=password, role="user")
        if is_member:
            context.groups.change_members(group.id, add=[user.id])
    return Groups({group.id: GROUP})


def _add_sample(collection: Collection, sample: Sample, source: str, admin: Caller, wire: WireContext) -> None:
    kind, facts = collection.kind, SourceFacts.of(sample.slug, source)
    body = {each.name: each.implied(facts) for each in kind.fields}
    if kind.text:
        body[kind.text.name] = source
    body["description"] = f"{MARK} {str(body['description']).removeprefix(MARK).strip()}"
    if "access" in body:
        body["access"] = sample.access
    form = to_create_form(kind, Resource(Key(kind.name, sample.slug), body), wire)
    collection.create(admin, collection.form(**form).model_dump())
    for switch in sample.on:
        collection.flip(admin, sample.slug, switch)
    if sample.priority is not None:
        collection.keep_valves(sample.slug, {"priority": sample.priority})


def _agent_wire(name: str, model: str, tools: tuple[str, ...]) -> Wire:
    return {
        "id": name.lower(),
        "name": name,
        "description": f"{MARK} {name}",
        "system_prompt": f"You are {name}, a sample agent of the local server.",
        "model": model,
        "tools": list(tools),
        "is_builtin": True,
    }
