"""The sample catalogue: named after the reference, honest about being samples, and every source loads."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from cochat_devkit.kinds.plugin_source import parse_frontmatter
from cochat_devkit.operations.serve import running_server, shipped_plugins_dir
from cochat_devkit.plugin import LoadFailure, LoadRequest
from cochat_devkit.runtime.child_loader import ChildLoader
from cochat_devkit.server.samples import GROUP, MARK, PEOPLE, SAMPLES, TOOL_SERVERS
from tests.server.fakes import FakeLoader, read

TOOLS = {
    "delegate_task", "delegate_tasks", "web_search", "url_fetch", "http_client", "google_drive", "google_sheets",
    "google_calendar", "markdown_document", "html_document", "python_document", "automations_tools", "activity_tools",
    "chats_tools", "memory_recall", "query_documents", "search_conversation_history", "send_email",
    "request_tool_access", "skill_resources", "ui_highlight",
}  # fmt: skip
EXTERNAL_TOOLS = {"server:mcp:coder-workspaces", "server:mcp:browser-control", "server:mcp:fetch-youtube"}
FILTERS = {
    "adaptive_memory_v2", "base_system_prompt_filter", "billing_filter", "collaborative_context_filter",
    "conversation_context_filter", "integration_suggester_filter", "message_attribution_filter", "moderation_filter",
    "onboarding_filter", "skills_context_filter",
}  # fmt: skip
OWN = [sample for sample in SAMPLES if not sample.is_shipped]


@pytest.fixture(scope="module")
def loader():
    with ChildLoader() as found:
        yield found


@pytest.fixture(scope="module", params=["cochat", "owui-0.12"])
def running(request):
    with running_server(flavor=request.param, empty=False) as found:
        yield found


@pytest.fixture
def admin(running):
    with httpx.Client(base_url=running.url, headers=bearer(running.token), trust_env=False) as client:
        yield client


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.slug)
@pytest.mark.parametrize("generation", ["0.6", "0.12"])
def test_every_source_loads(sample, generation, loader):
    """A catalogue that the server itself could not have saved would be no catalogue."""
    source = sample.source_path(shipped_plugins_dir()).read_text(encoding="utf-8")
    request = LoadRequest(kind=sample.kind, id=sample.slug, source=source, generation=generation)
    facts = loader.load(request)
    assert not isinstance(facts, LoadFailure), facts
    assert facts.type == Path(sample.file).parts[0].removesuffix("s")
    assert facts.specs or sample.kind != "tool"
    for spec in facts.specs:
        parameters = spec["parameters"].get("properties", {})
        assert spec["description"], f"{spec['name']} does not say what it does"
        assert all(each.get("description") for each in parameters.values()), f"{spec['name']}: a silent parameter"


@pytest.mark.parametrize("sample", OWN, ids=lambda sample: sample.slug)
def test_every_source_of_ours_says_that_it_is_a_sample(sample):
    """Nobody should take a sample for CoChat's own source."""
    frontmatter = parse_frontmatter(sample.source_path(Path()).read_text(encoding="utf-8"))
    assert frontmatter["description"].startswith(MARK)
    assert frontmatter["note"] == "sample data of the local server, not the source that CoChat runs"
    assert {"title", "version"} <= set(frontmatter)


def test_no_file_of_the_catalogue_is_forgotten():
    """Every source in the folders is in the table, and the table names no file twice."""
    here = Path(__file__).parents[2] / "cochat_devkit" / "server" / "catalogue"
    found = {f"{path.parent.name}/{path.name}" for path in here.glob("*/*.py") if path.name != "__init__.py"}
    assert found == {sample.file for sample in OWN}
    assert len({sample.slug for sample in SAMPLES}) == len(SAMPLES)


def test_the_names_are_those_of_the_reference(admin):
    """24 tools, three of them on external servers; ten filters and a pipe."""
    listed = {each["id"] for each in read(admin.get("/api/v1/tools/"))}
    assert listed == TOOLS | EXTERNAL_TOOLS
    assert len(listed) == 24
    assert {each["id"] for each in read(admin.get("/api/v1/tools/export"))} == TOOLS
    functions = read(admin.get("/api/v1/functions/"))
    assert {each["id"] for each in functions if each["type"] == "filter"} == FILTERS
    assert [each["id"] for each in functions if each["type"] == "pipe"] == ["openrouter_manifold"]
    assert len(functions) == 11
    assert len(TOOL_SERVERS) == 3


def test_everything_listed_is_marked_as_a_sample(admin):
    """Names may be CoChat's; descriptions say what they are."""
    rows = [*read(admin.get("/api/v1/tools/")), *read(admin.get("/api/v1/functions/"))]
    assert all(row["meta"]["description"].startswith(MARK) for row in rows)
    assert all(row["meta"]["description"].count(MARK) == 1 for row in rows)


def test_filters_are_on_off_and_global(admin):
    """A filter chain to look at has all sorts in it."""
    found = {(each["is_active"], each["is_global"]) for each in read(admin.get("/api/v1/functions/"))}
    assert found == {(True, True), (True, False), (False, False)}


def test_people_see_what_their_group_may(running):
    """Two ordinary users, one of them in a group: access can be shown."""
    (group,) = running.context.groups.seen_by(running.context.people.caller(running.context.people.users()[0]))
    assert group.name == GROUP
    seen = {}
    for name, email, is_member in PEOPLE:
        asked = {"email": email, "password": running.password}
        session = read(httpx.post(f"{running.url}/api/v1/auths/signin", json=asked, trust_env=False))
        assert session["role"] == "user"
        answer = httpx.get(f"{running.url}/api/v1/tools/", headers=bearer(session["token"]), trust_env=False)
        seen[name] = {each["id"] for each in read(answer)}
        assert ("google_drive" in seen[name]) is is_member
    assert "send_email" not in seen["Mei"] | seen["Sam"]
    assert seen["Sam"] < seen["Mei"]


def test_cochat_has_its_agents(admin, running):
    """The landmark of CoChat answers with the built-in agents, and other flavors with a page."""
    answer = admin.get("/api/custom/agents/")
    if running.context.dialect.landmark:
        assert [each["name"] for each in read(answer)] == ["General", "Researcher", "Technical"]
    else:
        assert answer.headers["content-type"].startswith("text/html")


def test_a_lost_example_plugin_is_left_out(tmp_path):
    """A checkout without the example plugins still serves its other samples."""
    from cochat_devkit.kinds.dialects import COCHAT
    from cochat_devkit.server.app import make_collections, make_context
    from cochat_devkit.server.samples import add_samples
    from cochat_devkit.server.store import Store

    context = make_context(COCHAT, FakeLoader(), Store())
    context.people.add(name="a", email="a@localhost", password="word", role="admin")
    collections = make_collections(context)
    add_samples(context, collections, tmp_path, password="word")
    admin = context.people.caller(context.people.users()[0])
    listing = collections["tool"].list_written(admin, collections["tool"].endpoints.listing)
    assert b'"web_search"' in listing
    assert b'"url_fetch"' not in listing
