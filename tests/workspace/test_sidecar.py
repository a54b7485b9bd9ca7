"""The sidecar says what the source cannot say; what its author wrote in it stays as he wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.errors import BadResource
from cochat_devkit.kinds import kind_named
from cochat_devkit.kinds.access import to_access
from cochat_devkit.resource import Slug, is_same_json
from cochat_devkit.workspace.sidecar import parse_sidecar, render_sidecar, to_body

TOOL, FUNCTION = kind_named("tool")[0], kind_named("function")[0]
SLUG = Slug("clock")
SOURCE = '"""\ntitle: Clock\ndescription: Tells the time\n"""\n'
PLAIN = {"name": "Clock", "content": SOURCE, "description": "Tells the time", "access": "private", "meta": {}}

TRICKY = [
    "yes",
    "no",
    "null",
    "~",
    "true",
    "2024-01-01",
    "007",
    "1.10",
    "0x1f",
    "1e3",
    ".nan",
    "-",
    "#x",
    "a: b",
    "a #b",
]
TRICKY += [
    "",
    " ",
    "x ",
    " x",
    "a\r\nb\r\n",
    "a\n",
    "a\n\n",
    "\na",
    "a\n b\n",
    "a\tb",
    "'",
    '"',
    "%x",
    "@x",
    "---",
    "...",
    "!x",
]
TRICKY += [
    "\x85",
    "\u2028",
    "\ufeff",
    "\x00\x1b",
    "é\u0301",
    "💥",
    "*a",
    "&a",
    "[a",
    "{a",
    "| a",
    "> a",
    "? a",
    "---\nx\n",
    "x" * 300,
]
strings = st.one_of(st.sampled_from(TRICKY), st.text(st.characters(codec="utf-8"), max_size=30))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | strings,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(strings, inner, max_size=3),
)
holders = st.lists(st.sampled_from(["Team", "id:g1", "user:u1", "yes", "007", "Ünï: x"]), max_size=3)
accesses = st.one_of(
    st.sampled_from(["public", "private"]), st.builds(lambda r, w: to_access({"read": r, "write": w}), holders, holders)
)
metas = st.dictionaries(strings, json_values.filter(lambda value: value is not None), max_size=3)
bodies = st.builds(
    lambda name, description, access, meta: (
        PLAIN | {"name": name, "description": description, "access": access, "meta": meta}
    ),
    *(strings, strings, accesses, metas),
)


def render(body, present=None, *, states_id=False, kind=TOOL):
    return render_sidecar(kind, SLUG, body, present, states_id=states_id)


def parse(text, kind=TOOL):
    return parse_sidecar(kind, text, "plugins/tools/clock.yaml")


def read(text, kind=TOOL, source=SOURCE):
    stated = parse(text, kind) if text is not None else {}
    stated.pop("id", None)
    return to_body(kind, SLUG, source, stated)


@given(bodies, st.booleans())
def test_what_is_written_is_read(body, states_id):
    """Any title, description, access and meta survives the way through the file."""
    text = render(body, states_id=states_id)
    assert is_same_json(read(text), body)
    assert render(body, text, states_id=states_id) == text, "writing it again changes no byte"
    assert text is None or text.encode()
    if states_id:
        assert parse(text)["id"] == SLUG


@given(bodies, bodies)
def test_an_edit_of_a_sidecar_says_the_new_body(before, after):
    """Whatever the sidecar said before, after a pull it says what the server has."""
    text = render(before)
    assert is_same_json(read(render(after, text)), after)
    lines = None if text is None else "# mine\r\n" + text.replace("\n", "\r\n")
    assert is_same_json(read(render(after, lines)), after)


def test_a_text_that_ends_in_empty_lines_takes_no_comment_with_it():
    """What stands beside and below such a text stays as its author wrote it."""
    present = "# mine\ndescription: short  # why\n\n# deep\nmeta:\n  icon:   x # ours\n"
    body = PLAIN | {"description": "a\n\n", "meta": {"icon": "x"}}
    assert render(body, present) == present.replace("short", r'"a\n\n"')


def test_a_number_beside_an_edit_keeps_its_last_bit():
    """The library that edits YAML in braces rounds a number that it only passes on."""
    number = -1.071386116975322e50
    present = f"{{description: short, meta: {{weight: {number!r}}}}}\n"
    body = PLAIN | {"description": "long", "meta": {"weight": number}}
    assert read(render(body, present)) == body


def test_where_the_source_says_it_all_there_is_no_sidecar():
    """A plugin is one file as long as it can be."""
    assert render(PLAIN) is None
    assert read(None) == PLAIN


def test_a_sidecar_says_only_what_the_source_does_not():
    """What is in the frontmatter is not said twice."""
    assert render(PLAIN | {"access": "public"}, states_id=True) == "id: clock\naccess: public\n"
    assert render(PLAIN | {"description": "Two\nlines\n"}) == "description: |\n  Two\n  lines\n"


WRITTEN = """\
# why it is public: see issue 5
name:   'The Clock'   # shown in the menu

# groups
access: {write: [B,   A]}  # ours
meta:
    # deep
    icon:  "x"
    order:
    - 1
"""


@pytest.mark.parametrize(
    "text", [WRITTEN, WRITTEN.replace("\n", "\r\n"), "---\n" + WRITTEN + "...\n", WRITTEN.rstrip("\n")]
)
def test_an_unchanged_sidecar_keeps_every_byte(text):
    """My own way of writing it stays: order, quotes, spaces, comments, line ends."""
    assert render(read(text), text) == text


@pytest.mark.parametrize(
    "text", ["access: private\n", "id: clock\n", "name: Clock # said twice\n", "", "# just this\n", "meta:\n"]
)
def test_what_i_said_needlessly_stays_while_it_is_true(text):
    """A line that only repeats what goes without saying is mine all the same."""
    assert render(PLAIN, text) == text


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ({"name": "New"}, "name:   'The Clock'   # shown in the menu", "name: New  # shown in the menu"),
        ({"access": "public"}, "access: {write: [B,   A]}  # ours", "access: public  # ours"),
        ({"meta": {"icon": "y"}}, 'meta:\n    # deep\n    icon:  "x"\n    order:\n    - 1\n', "meta:\n  icon: y\n"),
        ({"name": "Clock"}, "name:   'The Clock'   # shown in the menu\n", ""),
        ({"description": "New"}, "    - 1\n", "    - 1\ndescription: New\n"),
    ],
)
def test_a_change_of_one_value_changes_its_line_alone(end, change, old, new):
    """A pull that brings a new title does not reformat my file, nor drop my comments."""
    assert old in WRITTEN
    text = WRITTEN.replace("\n", end)
    assert render(read(text) | change, text) == WRITTEN.replace(old, new).replace("\n", end)


def test_what_is_no_longer_true_goes_and_comments_stay():
    """A sidecar with nothing left to say goes, unless I wrote a comment in it."""
    assert render(PLAIN, "access: public\n") is None
    assert render(PLAIN, "# keep\naccess: public\n") == "# keep\n"


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("{name: X, access: public}\n", {"access": "private"}),
        ("name: &a X\ndescription: *a\n", {"name": "Y"}),
        ("? name\n: X\naccess: public\n", {"name": "Y"}),
        ('"name": X\naccess: public', {"name": "Y"}),
        ("description: |+\n  a\n\n\naccess: public\n", {"description": "b"}),
    ],
)
def test_unusual_yaml_is_changed_rightly(text, changed):
    """Whatever form of YAML I like, the result says what it should."""
    body = read(text) | changed
    assert read(render(body, text)) == body


def test_yaml_that_has_to_be_written_anew_keeps_its_quotes():
    """Even where a line cannot be changed by itself, the rest looks as I wrote it."""
    text = "{name: 'X', access: public}  # mine\n"
    assert render(read(text) | {"access": {"read": ["A"]}}, text) == "{name: 'X', access: {read: [A]}} # mine\n"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("name: X\nacess: public\n", ":2: a tool has no 'acess'", "did you mean 'access'?"),
        ("zzz: 1\n", ":1: a tool has no 'zzz'", "a tool has: name, description, access, meta, id"),
        ("content: x\n", ":1: a tool has no 'content'", None),
        ("1: x\n", ":1: a tool has no 1", None),
        ("\naccess: secret\n", ":2: access cannot be 'secret'", "write public, private, or {read:"),
        ("access:\n  read: Team\n", ":1: access cannot be", "write public"),
        ("meta: [1]\n", ":1: meta cannot be", None),
        ("meta: {a: .nan}\n", ":1: meta cannot be", "write it as a text, in quotes"),
        ("meta: {a: [-.inf]}\n", ":1: meta cannot be", "write it as a text, in quotes"),
        ("name: A\nmeta: {a: !!binary aGVsbG8=}\n", ":2: meta cannot be", "write a text, in quotes, or a list"),
        ("meta: {a: !!set {b, c}}\n", ":1: meta cannot be", "write a text, in quotes, or a list"),
        ("meta: {a: {1: b, '1': c}}\n", ":1: meta cannot be", "JSON has texts for keys"),
        ("%YAML 1.3\n---\nname: A\n", ": this is no YAML", "mend the line"),
        ("meta: {a: !env HOME}\n", ":1: meta cannot be", "write a text, in quotes, or a list"),
        ("meta: {? [a, b] : c}\n", ":1: meta cannot be", "write the name as a word"),
        ("meta: {manifest: {a: 1}}\n", ":1: meta cannot be", "take manifest out of it"),
        ("name: A\nmeta: &a {x: *a}\n", ":2: this holds itself", "write out what is meant"),
        ("meta: {a: 0x" + "f" * 6000 + "}\n", ":1: meta cannot be what stands there", "write it as a text, in quotes"),
        ('description: "a\\ud800b"\n', ":1: description cannot be 'a\\ud800b'", "write the character itself"),
        ('meta: {"\\ud800": 1}\n', ":1: meta cannot be", "write the character itself"),
        ("id:\n", ":1: id cannot be None", "write it in quotes"),
        ("id: 007\n", ":1: id cannot be 7", "write it in quotes"),
        ("id: ''\n", ":1: id cannot be ''", "write an id, or leave the line out"),
        ("name: 1.10\n", ":1: name cannot be 1.1", "write it in quotes"),
        ("name: true\n", ":1: name cannot be True", "write it in quotes"),
        ("- a\n", ":1: a sidecar is a YAML mapping", "write lines of the form"),
        ("just text\n", ":1: a sidecar is a YAML mapping", None),
        ("name: X\nname: Y\n", ":2: this is no YAML: found duplicate key", "mend the line"),
        ("name: [\n", ":2: this is no YAML", "mend the line"),
        ("name: X\n\tb: c\n", ":2: this is no YAML", None),
        ("a: 1\n---\nb: 2\n", ":2: this is no YAML", None),
        ("name: \x00\n", ": this is no YAML", None),
        ("[" * 1000, ": this is no YAML", None),
        ("name: # why\n    a\n  - b\n\n\ndescription: c\n", ": this is no YAML", None),
    ],
)
def test_a_mistake_is_named_with_its_line(text, message, hint):
    """I read the file and the line, and what to write instead."""
    with pytest.raises(BadResource) as raised:
        parse(text)
    assert raised.value.message.startswith(f"plugins/tools/clock.yaml{message}"), raised.value.message
    assert hint is None or str(raised.value.hint).startswith(hint)


@pytest.mark.parametrize("word", ["no", "off", "yes", "'true'", "1", "0", "[]", ""])
def test_a_filter_is_not_switched_on_by_a_word(word):
    """`active: no` is a text to YAML: it is refused, and never taken for yes."""
    with pytest.raises(BadResource, match=":1: active cannot be") as raised:
        parse(f"active: {word}\n", FUNCTION)
    assert raised.value.hint == "write true or false"
    assert parse("active: true\nglobal: false\n", FUNCTION) == {"active": True, "global": False}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Wall clock", "<<: {name: Old, access: public}\n# mine\nmeta: {a: 1} # one\nname: Wall clock\n"),
        ("Clock", "meta:\n  a: 1\naccess: public\n"),
    ],
)
def test_a_merge_key_is_no_obstacle(name, kept):
    """What YAML takes over from another mapping is written beside it, or anew where it can no longer be taken over."""
    present = "<<: {name: Old, access: public}\n# mine\nmeta: {a: 1} # one\n"
    wanted = PLAIN | {"name": name, "access": "public", "meta": {"a": 1}}
    written = render(wanted, present)
    assert read(written) == wanted
    assert written == kept


LISTED = (
    "access:\n  read:\n  - A\nmeta: {}\ntags: # sorted\n  # for the shop\n  - a\n  - b # second\n"
    "  # last but not least\n  - c\n# the end\nactive: true\n"
)


@pytest.mark.parametrize(
    ("tags", "kept"),
    [
        (["b", "c"], "tags: # sorted\n  - b # second\n  # last but not least\n  - c\n# the end\n"),
        (
            ["a", "c", "new: one"],
            "tags: # sorted\n  # for the shop\n  - a\n  # last but not least\n  - c\n  - 'new: one'\n# the end\n",
        ),
        (["x"], "tags: # sorted\n  - x\n# the end\n"),
        ([], "# the end\n"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_comments_of_the_items_that_stay_stay(tags, kept, end):
    """What I noted beside an item of a list outlives a change of the list by somebody else."""
    kind, present = kind_named("skill")[0], LISTED.replace("\n", end)
    body = to_body(kind, SLUG, "", parse(present, kind)) | {"tags": tags}
    before, _, rest = LISTED.partition("tags:")
    written = render(body, present, kind=kind)
    assert written == (before + kept + rest.partition("# the end\n")[2]).replace("\n", end)
    assert to_body(kind, SLUG, "", parse(written, kind)) == body
