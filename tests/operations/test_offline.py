"""Looking offline: what is in step is parted from the rest, and nothing is decided otherwise for that."""

from __future__ import annotations

import sqlite3
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.config import read_config
from cochat_devkit.errors import UnknownResource
from cochat_devkit.kinds import all_kinds, kind_named
from cochat_devkit.mirror.rows import LockDigests, Row
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.operations import offline
from cochat_devkit.operations.ls import ls, show
from cochat_devkit.operations.offline import base_of, digest_of_lock, last_seen, local_side, look_offline, survey
from cochat_devkit.operations.session import select
from cochat_devkit.resource import Fingerprint, Key, RemoteId, Slug, State, Version, digest_of_body, fingerprint_in
from cochat_devkit.sync.decide import Action, Reason, decide
from cochat_devkit.workspace.forms import path_for
from cochat_devkit.workspace.glance import glance
from cochat_devkit.workspace.tree import read_tree

URL = "https://server.test"
SOURCES = {"A": "class Tools:\n    a = 1\n", "B": "class Tools:\n    b = 1\n", "C": "class Tools:\n    c = 1\n"}
HERE = ("A", "B", "unreadable", None)
BASES = ("A", "B", None)
THERE = ("A", "B", "C", State.ABSENT, State.UNREADABLE, State.NOT_LISTED, State.UNPROVEN, State.NEVER_MET)


def body(slug, letter):
    return {"name": slug, "content": SOURCES[letter], "description": "", "access": "private", "meta": {}}


def fingerprint(slug, letter):
    return fingerprint_in(digest_of_body("", body(slug, letter)))


def make_row(slug, base, there):
    is_shown = isinstance(there, str) and there in SOURCES
    print_ = fingerprint(slug, there) if is_shown else None
    return Row(
        Key("tool", Slug(slug)),
        "",
        RemoteId(slug),
        remote_state=State.PRESENT if is_shown else there,
        remote_fingerprint=print_,
        remote_digest=digest_of_body("", body(slug, there)) if is_shown else None,
        base_local=fingerprint(slug, base) if base else None,
        # the server writes in its own way what was agreed on
        base_remote=(Fingerprint("0" * 32) if there == "C" else fingerprint(slug, base)) if base else None,
        version=Version("v1"),
        path=f"plugins/tools/{slug}.py",
    )


@pytest.fixture(params=[True, False], ids=["lock as left", "lock from elsewhere"])
def config(tmp_path, request):
    """A workspace with a tool for each combination of what here, base and server can be."""
    (tmp_path / "cochat.toml").write_text(f'[targets.main]\nurl = "{URL}"\n', encoding="utf-8")
    folder = tmp_path / "plugins" / "tools"
    folder.mkdir(parents=True)
    rows, bodies = [], []
    for number, (here, base, there) in enumerate(product(HERE, BASES, (*THERE, None))):
        slug = f"t{number}"
        if here is not None:
            (folder / f"{slug}.py").write_bytes(b"\xff" if here == "unreadable" else SOURCES[here].encode())
        if there is not None:
            rows.append(make_row(slug, base, there))
            bodies += [("", body(slug, letter)) for letter in SOURCES]
    facts = {"user_id": "u1", "role": "admin", "dialect": "owui-0.12", "server_version": "0.12.4"}
    digests = {"main": LockDigests("", digest_of_lock(tmp_path))} if request.param else {}
    with MirrorStore(tmp_path / "mirror.db") as store:
        store.remember(store.enter_scope("main", url=URL, **facts), rows=rows, bodies=bodies, lock_digests=digests)
    return read_config(tmp_path)


def decisions(known):
    for key, type_ in known.types.items():
        row = known.rows.get(key)
        yield key, (type_, decide(base_of(row), local_side(known.tree, key, row.path if row else None), last_seen(row)))


@pytest.mark.parametrize("again", [False, True])
def test_the_short_way_decides_as_the_long_one(config, again):
    """A look that skips what is in step never says anything else about what is not."""
    if again:
        ls(config, select(), target=None)
    with look_offline(config, select(), None) as known:
        expected = dict(decisions(known))
    with survey(config, select(), None) as surveyed:
        rest = dict(decisions(surveyed.rest))
    in_step = {Key(each.kind, Slug(each.slug)) for each in surveyed.in_step}
    assert rest == {key: found for key, found in expected.items() if key not in in_step}
    assert in_step
    assert {(found[1].action, found[1].reason) for key, found in expected.items() if key in in_step} == {
        (Action.NOTHING, Reason.IN_STEP)
    }


def test_every_line_is_listed_once_and_in_order(config):
    """I see each resource, wherever it is known from."""
    with look_offline(config, select(), None) as known:
        expected = sorted(f"tool/{key.slug}" for key in known.types)
    lines = ls(config, select(), target=None)
    assert [line.ref for line in lines] == expected
    assert {line.version for line in lines if line.state == "in step"} == {"v1"}


def test_a_selection_narrows_both(config):
    """What I name is what I get."""
    lines = {line.ref: line for line in ls(config, select(), target=None)}
    assert ls(config, select(["tool/t0"]), target=None) == [lines["tool/t0"]]
    assert ls(config, select(["tool/t1*"]), target=None) == [lines[ref] for ref in lines if ref.startswith("tool/t1")]
    for ref in ("tool/t0", "tool/t1"):
        assert show(config, ref, target=None).line == lines[ref]
    with pytest.raises(UnknownResource, match="there is no tool/t999"):
        ls(config, select(["tool/t999"]), target=None)


#: how one resource may stand: (here, agreed, there), each a text or None
IN_STEP, OTHERS = (
    ("A", "A", "A"),
    [("B", "A", "A"), ("A", "A", "B"), (None, "A", "A"), ("A", "A", None), ("A", None, None)],
)
#: a slug that is stated beside the file, and names that sort otherwise than their files do
SLUGS = ("a", "b", "Z", "a-b", "a\0b")
STANDINGS = st.lists(
    st.tuples(
        st.sampled_from(["tool", "filter", "pipe", "prompt"]),
        st.sampled_from(SLUGS),
        st.one_of(st.just(IN_STEP), st.just(IN_STEP), st.sampled_from(OTHERS)),
    ),
    max_size=8,
    unique_by=lambda each: ("function" if each[0] in ("filter", "pipe") else each[0], each[1]),
)


def lay_out(root, standings):
    """Make the workspace in which resources of some kinds stand so."""
    (root / "cochat.toml").write_text(f'[targets.main]\nurl = "{URL}"\n', encoding="utf-8")
    rows = []
    for word, slug, (here, agreed, there) in standings:
        kind, type_ = kind_named(word)
        path = path_for(kind, type_ or "", Slug(slug))
        prints = {letter: write_and_read(root, kind, path, slug, letter) for letter in "AB"}
        if here is None:
            (root / path).unlink()
        else:
            write_and_read(root, kind, path, slug, here)
        if there is not None:
            agreed_print = prints.get(agreed)
            row = Row(Key(kind.name, Slug(slug)), type_ or "", RemoteId(slug), remote_fingerprint=prints[there])
            agreed_prints = {"base_local": agreed_print, "base_remote": agreed_print}
            rows.append(row._replace(**agreed_prints, version=Version(f"v-{word}-{slug}"), path=path))
    facts = {"user_id": "u1", "role": "admin", "dialect": "owui-0.12", "server_version": "0.12.4"}
    digests = {"main": LockDigests("", digest_of_lock(root))}
    with MirrorStore(root / "mirror.db") as store:
        store.remember(store.enter_scope("main", url=URL, **facts), rows=rows, lock_digests=digests)
    return read_config(root)


def write_and_read(root, kind, path, slug, letter):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(SOURCES[letter], encoding="utf-8")
    return read_tree(root, [kind]).found[Key(kind.name, Slug(slug))].fingerprint


@pytest.mark.parametrize("most", [500, 0])
def test_kinds_that_are_wholly_in_step_are_passed_over_and_no_others(tmp_path_factory, monkeypatch, most):
    """Whatever stands beside it, what is not in step is told as if every file had been looked at."""
    monkeypatch.setattr(offline, "_MOST_ADDRESSES", most)

    @given(STANDINGS)
    def run(standings):
        config = lay_out(tmp_path_factory.mktemp("workspace"), standings)
        with look_offline(config, select(), None) as known:
            expected = dict(decisions(known))
        with survey(config, select(), None) as surveyed:
            rest = dict(decisions(surveyed.rest))
        in_step = {Key(each.kind, Slug(each.slug)) for each in surveyed.in_step}
        wanted = {key for key, found in expected.items() if found[1].reason is Reason.IN_STEP}
        assert in_step == wanted
        assert rest == {key: found for key, found in expected.items() if key not in in_step}
        listed = ls(config, select(), target=None)
        assert [(line.ref, line.type) for line in listed] == [
            (f"{type_ or key.kind}/{key.slug}", type_ or key.kind) for key, (type_, _) in sorted(expected.items())
        ]
        for line in listed:
            is_known = line.state != "new here"
            assert line.version == (f"v-{line.type}-{line.ref.partition('/')[2]}" if is_known else None)

    run()


#: of some the server tells no version, or one with what stands between the texts of a column
STAMPS = st.lists(
    st.tuples(st.sampled_from([None, "v1", "", "a\0b"]), st.sampled_from([None, "2026-01-01T00:00:00+00:00"])),
    min_size=4,
    max_size=4,
)


def test_each_line_bears_its_own_version_and_date(tmp_path_factory):
    """Whichever of them the server dates, I see no version and no date of another."""

    @given(STAMPS)
    def run(stamps):
        slugs = SLUGS[:4]
        config = lay_out(tmp_path_factory.mktemp("workspace"), [("tool", slug, IN_STEP) for slug in slugs])
        with sqlite3.connect(config.mirror_path) as mirror:
            for slug, (version, instant) in zip(slugs, stamps, strict=True):
                told = (version, instant, slug)
                mirror.execute("UPDATE resource SET version = ?, updated_at = ? WHERE slug = ?", told)
        mirror.close()
        listed = {line.ref: (line.version, line.updated_at) for line in ls(config, select(), target=None)}
        assert listed == {f"tool/{slug}": stamp for slug, stamp in zip(slugs, stamps, strict=True)}

    run()


def test_of_what_is_in_step_files_and_mirror_tell_the_same_two_texts(tmp_path):
    """Ten thousand resources in step cost two comparisons, whatever they are called."""
    words = {"tool": SLUGS[:4], "filter": SLUGS[:2], "pipe": SLUGS[2:4], "prompt": SLUGS[:4]}
    config = lay_out(tmp_path, [(word, slug, IN_STEP) for word, slugs in words.items() for slug in slugs])
    with look_offline(config, select(), None) as known:
        agreed = known.reader.agreed_as_one(known.scope)
    assert glance(tmp_path, all_kinds()).columns() == agreed
    assert len(agreed) == len(words)
