"""What a server derives from a source without running it. Source: shared facts, server.md 9.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.kinds.plugin_source import is_valid_plugin_id, parse_frontmatter, replace_imports

TARGETS = ("from utils", "from apps", "from main", "from config")


@pytest.mark.parametrize(
    ("source", "stored"),
    [
        ("from utils.misc import x\n", "from open_webui.utils.misc import x\n"),
        ("from apps import y", "from open_webui.apps import y"),
        ("from main import app", "from open_webui.main import app"),
        ("from config import C", "from open_webui.config import C"),
        ("from utilsfoo import x", "from open_webui.utilsfoo import x"),
        ("from configparser import ConfigParser", "from open_webui.configparser import ConfigParser"),
        ('"""from utils to from config"""', '"""from open_webui.utils to from open_webui.config"""'),
        ("# taken from main, in prose", "# taken from open_webui.main, in prose"),
        ("from  utils import x", "from  utils import x"),
        ("import utils", "import utils"),
        ("from open_webui.utils import x", "from open_webui.utils import x"),
        ("x\r\n  y  \n\nfrom apps", "x\r\n  y  \n\nfrom open_webui.apps"),
    ],
)
def test_a_source_is_stored_as_the_server_rewrites_it(source, stored):
    """The server replaces blindly, in code, prose and longer names; so the comparison does, too."""
    assert replace_imports(source) == stored


sources = st.lists(st.sampled_from([*TARGETS, "from ", "utils", "main", "open_webui.", "x", "\n", "\r\n", " "])).map(
    "".join
)


@given(st.one_of(sources, st.text()))
def test_what_the_server_stores_it_stores_again_unchanged(source):
    """A pull and a push of the same text make no difference."""
    once = replace_imports(source)
    assert replace_imports(once) == once
    assert not any(target in once for target in TARGETS)
    if not any(target in source for target in TARGETS):
        assert once == source


@pytest.mark.parametrize(
    "opening", ['\n"""', "'''", 'r"""', '"""title: x', '\ufeff"""', '# a comment\n"""', '#!/bin/python\n"""', "", "x"]
)
def test_only_three_quotes_alone_open_the_block(opening):
    """A source that opens otherwise has no manifest on the server, so it has none here."""
    assert parse_frontmatter(f'{opening}\ntitle: T\n"""\n') == {}


@pytest.mark.parametrize(
    ("block", "found"),
    [
        ("title: T\nversion: 0.1.0", {"title": "T", "version": "0.1.0"}),
        ("  title:   T  ", {"title": "T"}),
        ("title: a\ntitle: b", {"title": "b"}),
        ("Title: a\ntitle: b", {"Title": "a", "title": "b"}),
        ("author_url: https://x.y/z:8", {"author_url": "https://x.y/z:8"}),
        ("requirements: requests, httpx", {"requirements": "requests, httpx"}),
        ("key2: a\na-b: c\nlicense : d\nok: e", {"ok": "e"}),
        ("title:", {"title": ""}),
        ("description: 'quoted'\n  and: more", {"description": "'quoted'", "and": "more"}),
        ("just prose\n\n# not: this", {}),
        ("title: T\r", {"title": "T"}),
    ],
)
def test_keys_and_values(block, found):
    """Each line `key: value` is one text, read as the server reads it."""
    assert parse_frontmatter(f'"""\n{block}\n"""\nafter: x\n') == found


def test_the_closing_line_is_not_read():
    """`author: me` and the quotes in one line lose the author, on the server and here."""
    assert parse_frontmatter('"""\ntitle: T\nauthor: me"""\nafter: x') == {"title": "T"}


def test_an_open_block_takes_in_the_whole_file():
    """Without its end the block goes on to the last line, as on the server."""
    assert parse_frontmatter('   """  \ntitle: T\nclass Tools:\n    x: int\n') == {"title": "T", "x": "int"}


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [
        ("web_search", True),
        ("_x", True),
        ("ünï", True),
        ("class", True),
        ("a1", True),
        ("1a", False),
        ("a-b", False),
        ("a.b", False),
        ("", False),
        ("A", False),
        ("a b", False),
        ("a/b", False),
    ],
)
def test_ids_that_a_server_takes(text, is_valid):
    """An id is an identifier, and lower case: the server would fold it."""
    assert is_valid_plugin_id(text) is is_valid
