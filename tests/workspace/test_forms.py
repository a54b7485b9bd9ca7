"""The forms on disk: whatever a body holds, its files say it, and the files say nothing else."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.errors import BadResource
from cochat_devkit.kinds import all_kinds, kind_named
from cochat_devkit.kinds.kind import SourceFacts
from cochat_devkit.resource import Key, Resource, Slug
from cochat_devkit.workspace.forms import join_head, parse_files, path_for, render_files, split_head
from cochat_devkit.workspace.paths import name_of_tree_path, tree_path

FILED = [kind for kind in all_kinds() if kind.form]
texts = st.text(st.characters(codec="utf-8"), max_size=60)
heads = st.sampled_from(
    ["---\n", "---\r\nname: x\r\n---\r\nbody", "---\nname: x\n---\n", "---", "a\n---\nb\n---\n", "\ufeff", ""]
)
bodies_of_text = st.one_of(texts, heads, st.tuples(heads, texts).map("".join))


def make(kind, slug="one", **fields):
    facts = SourceFacts(Slug(slug), {})
    body = {each.name: each.implied(facts) for each in kind.fields} | fields
    type_ = kind.types[0] if kind.types else ""
    return Resource(Key(kind.name, Slug(slug)), body, type_)


def read_back(kind, resource, files):
    path = path_for(kind, resource.type, resource.key.slug)
    tree = resource.body[kind.form.tree_field] if kind.form.tree_by_digest else {}
    return parse_files(kind, resource.type, path, files, tree)[0]


@pytest.mark.parametrize("kind", FILED, ids=lambda kind: kind.name)
@given(name=texts, text=bodies_of_text)
def test_files_say_what_the_body_says(kind, name, text):
    """Whatever stands in a text or a name comes back from the files, byte for byte; writing twice changes nothing."""
    resource = make(kind, name=name, **({kind.text.name: kind.text.codec.parse(text)} if kind.text else {}))
    path = path_for(kind, resource.type, resource.key.slug)
    files = render_files(kind, resource, path, {})
    assert read_back(kind, resource, files).body == resource.body
    assert render_files(kind, resource, path, files) == files


@given(texts, st.one_of(st.none(), st.just("name: x\n"), st.just("a: b")))
def test_a_head_is_parted_from_its_text(text, head):
    """A text that looks like a head itself is not mistaken for one."""
    found, rest = split_head(join_head(head, text))
    assert rest == text
    assert (found or "").strip() == (head or "").strip()


@pytest.mark.parametrize("kind", [kind for kind in FILED if kind.name in ("agent", "model", "prompt", "automation")])
def test_a_byte_order_mark_hides_nothing(kind):
    """An editor that saves with a BOM changes nothing of what a file says; the mark stays while others edit there."""
    resource = make(kind, name="A name", access={"read": ["A"]}) if kind.text else make(kind, prompt="Say hi.")
    path = path_for(kind, "", resource.key.slug)
    marked = {place: b"\xef\xbb\xbf" + content for place, content in render_files(kind, resource, path, {}).items()}
    assert read_back(kind, resource, marked).body == resource.body
    assert render_files(kind, resource, path, marked) == marked
    first = "name" if kind.text else "prompt"
    theirs = make(kind, **{**resource.body, first: "Another"})
    after = render_files(kind, theirs, path, marked)
    assert after[path] == marked[path].replace(str(resource.body[first]).encode(), b"Another")
    assert read_back(kind, theirs, after).body == theirs.body


def test_a_byte_order_mark_before_a_sidecar_or_a_skill_hides_nothing():
    """Nor does it beside a plugin, or before the head of a skill."""
    tool, skill = kind_named("tool")[0], kind_named("skill")[0]
    plugin = make(tool, content="class Tools: ...\n", access="public")
    files = render_files(tool, plugin, "plugins/tools/one.py", {})
    files["plugins/tools/one.yaml"] = b"\xef\xbb\xbf" + files["plugins/tools/one.yaml"]
    assert read_back(tool, plugin, files).body == plugin.body
    theirs = make(tool, **{**plugin.body, "access": {"read": ["A"]}})
    assert render_files(tool, theirs, "plugins/tools/one.py", files)["plugins/tools/one.yaml"].startswith(
        b"\xef\xbb\xbf"
    )
    text = b"\xef\xbb\xbf---\nname: Say\ndescription: What it is for\n---\nDo it.\n"
    found = parse_files(skill, "", "skills/one/SKILL.md", {"skills/one/SKILL.md": text}, {})[0]
    assert (found.body["name"], found.body["description"]) == ("Say", "What it is for")


def test_a_picture_lies_beside_its_agent():
    """A picture is a file that I can look at, and goes back as the same bytes; a link stays a link."""
    agent = kind_named("agent")[0]
    content = bytes(range(200))
    packed = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    files = render_files(agent, make(agent, image=packed), "agents/one.md", {})
    assert files["agents/one.png"] == content
    assert b"image: one.png" in files["agents/one.md"]
    assert read_back(agent, make(agent, image=packed), files).body["image"] == packed
    linked = make(agent, image="https://example.test/x.png")
    assert list(render_files(agent, linked, "agents/one.md", {})) == ["agents/one.md"]
    with pytest.raises(BadResource, match=r"image names one\.png, which is not there"):
        parse_files(agent, "", "agents/one.md", {"agents/one.md": files["agents/one.md"]}, {})


def test_a_base64_that_is_written_otherwise_stays_as_it_is():
    """What would not come back as the same characters is not taken apart."""
    agent = kind_named("agent")[0]
    odd = "data:image/png;base64,AAA"
    assert list(render_files(agent, make(agent, image=odd), "agents/one.md", {})) == ["agents/one.md"]


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=12) | st.sampled_from(["SKILL.md", "skill.md", "e\u0301", "\xe9", "A", "a"]),
        st.one_of(texts, st.binary(max_size=8)),
        max_size=6,
    )
)
def test_further_files_of_a_skill_come_back(found):
    """Texts and bytes below a skill's folder are what the server has, whatever their paths."""
    skill = kind_named("skill")[0]
    tree = {path: _as_body_has_it(content) for path, content in found.items()}
    resource = make(skill, files=tree)
    files = render_files(skill, resource, "skills/one/SKILL.md", {})
    assert len({each.casefold() for each in files}) == len(tree) + 1
    assert read_back(skill, resource, files).body["files"] == dict(sorted(tree.items()))


def _as_body_has_it(content):
    try:
        return content if isinstance(content, str) else content.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}


@given(st.text(min_size=1, max_size=30))
def test_no_name_of_a_file_leaves_its_folder(name):
    """Nothing hidden, nothing above, no drive, no end that a system cuts off; and the name comes back."""
    path = tree_path(name)
    for segment in path.split("/"):
        assert segment
        assert segment[0] != "."
        assert segment[-1] not in ". "
        assert not set(segment) & set('\\:*?"<>|\0\n')
    assert name_of_tree_path(path) == name


def test_two_files_of_one_name_are_told():
    """What a git merge leaves under two paths is never sent as one of them: I am told which they are."""
    skill = kind_named("skill")[0]
    files = {"skills/one/SKILL.md": b"x", "skills/one/a.md": b"1", "skills/one/%-a.md": b"2"}
    with pytest.raises(BadResource, match=r"skills/one/%-a\.md and skills/one/a\.md are both the file 'a\.md'"):
        parse_files(skill, "", "skills/one/SKILL.md", files, {})


@pytest.mark.parametrize("name", ["README.md", "scripts/run me.py", "数据/a.txt", "a,b;c.md", "LICENSE"])
def test_plain_names_stay_as_they_are(name):
    """What every system takes is written as it is."""
    assert tree_path(name) == name


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("../x", "%2E%2E/x"),
        (".git/config", "%2Egit/config"),
        ("con.txt", "%63on.txt"),
        ("a\\b", "a%5Cb"),
    ],
)
def test_hostile_names_are_spelled_out(name, path):
    """A server cannot write above its folder, nor hide a file, nor name a device."""
    assert tree_path(name) == path
