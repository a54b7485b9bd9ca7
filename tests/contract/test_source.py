"""What becomes of a source when it is saved: imports are rewritten, all else is kept, the frontmatter is read."""

from __future__ import annotations

import pytest

from tests.contract import sources
from tests.contract.stage import create_plugin, read_json

REWRITTEN = [
    ("from utils", "from open_webui.utils"),
    ("from apps", "from open_webui.apps"),
    ("from main", "from open_webui.main"),
    ("from config", "from open_webui.config"),
]
LEFT_ALONE = ["import utils", "from  utils", "From utils", "from .utils", "from open_webui.utils", "from myconfig"]
KEPT = {
    "carriage returns": "# one\r\n# two\r\n",
    "old line ends": "# one\r# two\r",
    "mixed line ends": "# one\r\n# two\n# three\r",
    "no final newline": "# the end",
    "many final newlines": "# the end\n\n\n",
    "trailing spaces": "# one   \n# two\t\n   \n",
    "form feed": "# one\n\f\n# two\n",
    "other scripts": "# Zoë 中文 עברית ✓ 😀\n",
    "odd separators": "# a\u2028b\u2029c\u0085d\u00a0e\n",
    "zero width": "# a\u200bb\ufeffc\n",
    "composed and not": "# \u00e9 e\u0301\n",
}
FRONTMATTERS = {
    "plain": (['"""', "title: A title", "author: me", '"""'], {"title": "A title", "author": "me"}),
    "keys": (
        ['"""', "Title: A", "title: b", "title: c", "key2: x", "a-b: y", "  in_dented :  z", "empty:", '"""'],
        {"Title": "A", "title": "c", "empty": ""},
    ),
    "values": (
        ['"""', "url: https://x.y:80/z  ", "list: [a, b]", "quoted: 'q'", "# comment: c", '"""'],
        {"url": "https://x.y:80/z", "list": "[a, b]", "quoted": "'q'"},
    ),
    "indented": (['"""', "    title: A title", '"""'], {"title": "A title"}),
    "blank line first": (["", '"""', "title: A title", '"""'], {}),
    "comment first": (["# -*- coding: utf-8 -*-", '"""', "title: A title", '"""'], {}),
    "single quotes": (["'''", "title: A title", "'''"], {}),
    "raw string": (['r"""', "title: A title", '"""'], {}),
    "on the opening line": (['"""title: A title', "author: me", '"""'], {}),
    "before the closing quotes": (['"""', "title: A title", 'author: me"""'], {"title": "A title"}),
    "spaces after the quotes": (['"""  ', "title: A title", '"""'], {"title": "A title"}),
    "other scripts": (['"""', "title: Zoë 中文 😀", '"""'], {"title": "Zoë 中文 😀"}),
}


def stored(server, kind, plugin_id):
    return read_json(server.admin.get(kind.url(plugin_id)))["content"]


@pytest.mark.parametrize("around", ["# {} x\n", '"""{}foo"""\n', "x = 'say {}'\n", "# a{}\n"])
def test_four_imports_are_rewritten_everywhere(server, kind, around):
    """`from utils` and its three kin are replaced in code, prose and longer names alike."""
    before = kind.source + "".join(around.replace("{}", old) for old, _ in REWRITTEN)
    after = kind.source + "".join(around.replace("{}", new) for _, new in REWRITTEN)
    plugin = create_plugin(server.admin, kind, source=before)
    assert stored(server, kind, plugin["id"]) == after


def test_a_rewritten_import_need_not_exist(server, kind):
    """An import is rewritten whether or not there is anything to import under its new name."""
    code = "try:\n    from utils.misc import nothing_of_this_name\nexcept ImportError:\n    pass\n"
    plugin = create_plugin(server.admin, kind, source=code + kind.source)
    assert stored(server, kind, plugin["id"]).splitlines()[1] == (
        "    from open_webui.utils.misc import nothing_of_this_name"
    )


def test_other_imports_are_left_alone(server, kind):
    """What does not read exactly like one of the four is kept."""
    source = kind.source + "".join(f"# {text}\n" for text in LEFT_ALONE)
    plugin = create_plugin(server.admin, kind, source=source)
    assert stored(server, kind, plugin["id"]) == source


def test_a_stored_source_can_be_saved_again(server, kind):
    """Rewriting twice is rewriting once: what was read can be written back and stays."""
    plugin = create_plugin(server.admin, kind, source=kind.source + "# from utils to from config\n")
    first = stored(server, kind, plugin["id"])
    form = kind.form(plugin["id"], first)
    assert read_json(server.admin.post(kind.url(plugin["id"], "/update"), json=form))["content"] == first


@pytest.mark.parametrize("what", KEPT)
def test_nothing_else_of_a_source_changes(server, kind, what):
    """Line ends, spaces, the last line and every letter are kept, on creation and on update."""
    source = kind.source + KEPT[what]
    plugin = create_plugin(server.admin, kind, source=source)
    assert stored(server, kind, plugin["id"]) == source
    again = f"{KEPT[what]}\n{source}"
    form = kind.form(plugin["id"], again)
    assert read_json(server.admin.post(kind.url(plugin["id"], "/update"), json=form))["content"] == again


@pytest.mark.parametrize("what", FRONTMATTERS)
def test_the_frontmatter_is_the_manifest(server, kind, what):
    """Only an opening line of three double quotes begins a frontmatter; keys are letters, the last one wins."""
    lines, manifest = FRONTMATTERS[what]
    source = "\n".join([*lines, kind.source])
    assert create_plugin(server.admin, kind, source=source)["meta"]["manifest"] == manifest


def test_carriage_returns_are_no_part_of_a_manifest(server, kind):
    """A frontmatter with Windows line ends is read like any other."""
    source = sources.with_frontmatter(kind.source, "title: A title", "author: me ").replace("\n", "\r\n")
    manifest = create_plugin(server.admin, kind, source=source)["meta"]["manifest"]
    assert manifest == {"title": "A title", "author": "me"}


def test_an_update_reads_the_frontmatter_again(server, kind):
    """The manifest follows the source."""
    plugin = create_plugin(server.admin, kind, source=sources.with_frontmatter(kind.source, "title: Old", "a: b"))
    form = kind.form(plugin["id"], sources.with_frontmatter(kind.source, "title: New"))
    updated = read_json(server.admin.post(kind.url(plugin["id"], "/update"), json=form))
    assert updated["meta"]["manifest"] == {"title": "New"}


def test_an_unknown_requirement_of_the_server_version_is_accepted(server, kind):
    """`required_open_webui_version` is text for people: the server does not compare it."""
    source = sources.with_frontmatter(kind.source, "required_open_webui_version: 99.0.0")
    manifest = create_plugin(server.admin, kind, source=source)["meta"]["manifest"]
    assert manifest == {"required_open_webui_version": "99.0.0"}
