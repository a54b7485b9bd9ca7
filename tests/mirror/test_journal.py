"""The journal: what a run set out to do is read back as it was written, also by a process that comes after a crash."""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.errors import MirrorDamaged
from cochat_devkit.mirror.bodies import pack_plain
from cochat_devkit.mirror.journal import (
    OPEN,
    Run,
    Step,
    StepState,
    Tally,
    find_run,
    pack_step,
    read_content,
    read_last_step,
    read_lineage,
    read_open_runs,
    read_run,
    read_runs,
    read_tallies,
    read_tally,
    unpack_step,
)
from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.mirror.rows import SCHEMA_VERSION, Row, Scope
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.resource import (
    Fingerprint,
    Key,
    RemoteId,
    Slug,
    State,
    Version,
    digest_of_body,
    make_digest,
    to_plain,
)

BODY = {"name": "x", "content": "y\n"}
DIGEST = digest_of_body("", BODY)
KEY = Key("tool", Slug("x"))

texts = st.text(st.characters(codec="utf-8"), max_size=8)
maybe = st.none() | texts.filter(bool)
rows = st.none() | st.builds(
    Row,
    st.just(KEY),
    texts,
    texts,
    remote_state=st.sampled_from(State),
    remote_fingerprint=maybe,
    base_local=maybe,
    base_remote=maybe,
    version=maybe,
    updated_at=st.none() | st.just(datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)),
    writable=st.none() | st.booleans(),
    path=maybe,
)
files = st.dictionaries(texts, texts, max_size=3)
steps = st.builds(
    Step,
    st.integers(0, 9),
    st.just(KEY),
    texts,
    st.sampled_from(["create-there", "update-here", "merge"]),
    st.sampled_from(StepState),
    remote_id=maybe,
    before_digest=maybe,
    before_version=maybe,
    before_saved_s=st.none() | st.integers(0, 3),
    sent_digest=maybe,
    after_digest=maybe,
    after_version=maybe,
    base_local=maybe,
    path=maybe,
    row_before=rows,
    row_after=rows,
    known_ids=st.none() | st.lists(texts, min_size=1, max_size=3).map(tuple),
    files_before=files,
    files_after=files,
    note=texts,
)


@pytest.fixture
def path(tmp_path):
    """Where the mirror lies."""
    return tmp_path / "mirror.db"


def enter(store):
    return store.enter_scope(
        "main", url="https://server.test", user_id="u1", role="admin", dialect="owui-0.12", server_version="0.12.4"
    )


@given(steps)
def test_a_step_is_read_as_it_was_written(step):
    """Whatever a step notes is what the next process finds."""
    assert unpack_step(step.number, step.key, str(step.state), pack_step(step)) == step


@given(steps)
def test_a_step_of_an_earlier_version_is_read(step):
    """Steps were compressed once: a mirror of that time is settled and taken back like any other."""
    assert unpack_step(step.number, step.key, str(step.state), zlib.compress(pack_step(step), 1)) == step


def test_how_a_step_ends_leaves_the_rest_of_it(path):
    """The end of a step is written alone, and what it notes stays as it was written at its beginning."""
    step = Step(0, KEY, "", "update-there", StepState.BEGUN, sent_digest=DIGEST, note="a note")
    with MirrorStore(path) as store:
        scope = enter(store)
        number = store.begin_run(scope, "push", "main")
        store.remember(scope, bodies=[("", BODY)], run_id=number, steps=[step, step._replace(number=1)])
        store.remember(scope, run_id=number, states={0: StepState.DONE})
    with MirrorReader(path) as reader:
        run = read_run(reader, scope, number)
        assert read_runs(reader, scope, newest=1) == [run]
    assert run.steps == (step._replace(state=StepState.DONE), step._replace(number=1))


def test_an_empty_list_of_ids_is_a_list():
    """A server that listed nothing before a create is not a server that was never asked."""
    step = Step(0, KEY, "", "create-there", known_ids=())
    assert unpack_step(0, KEY, "intended", pack_step(step)).known_ids == ()


@pytest.mark.parametrize("state", list(StepState))
def test_a_run_ends_when_nothing_of_it_is_open(path, state):
    """A run stays open as long as somebody has to find out what became of a step."""
    step = Step(0, KEY, "", "update-there", state, sent_digest=DIGEST)
    with MirrorStore(path) as store:
        scope = enter(store)
        number = store.begin_run(scope, "push", "main", message="why")
        store.remember(scope, bodies=[("", BODY)], run_id=number, steps=[step])
        store.end_run(number)
    with MirrorReader(path) as reader:
        run = read_run(reader, scope, number)
        assert (run.command, run.message, run.steps) == ("push", "why", (step,))
        assert [each.id for each in read_open_runs(reader)] == ([number] if state in OPEN else [])
        assert [each.id for each in read_runs(reader, scope, newest=5)] == [number]


def test_a_run_is_told_in_numbers(path):
    """How many steps a run did is told without reading them; what is open, or was not done, is not among them."""
    told = [("update-there", StepState.DONE), ("update-there", StepState.DONE), ("create-here", StepState.DONE)]
    told += [("create-here", StepState.BEGUN), ("merge", StepState.INTENDED), ("merge", StepState.DROPPED)]
    steps = [Step(number, KEY, "", action, state) for number, (action, state) in enumerate(told)]
    with MirrorStore(path) as store:
        scope = enter(store)
        first, second = (store.begin_run(scope, command, "main") for command in ("push", "pull"))
        store.remember(scope, run_id=second, steps=steps)
    with MirrorReader(path) as reader:
        tally = read_tally(reader, scope, second)
        assert tally == Tally(tally.run, {"update-there": 2, "create-here": 1}, 2, 6)
        assert (tally.run.id, tally.run.command, tally.run.steps) == (second, "pull", ())
        assert [each.run.id for each in read_tallies(reader, scope, newest=5)] == [second, first]
        assert read_tallies(reader, scope, newest=1) == [tally]
        assert read_tally(reader, scope, second + 1) is None


def test_steps_of_an_earlier_version_are_counted(path):
    """They do not tell what they did without being read; that they did something is told."""
    step = Step(0, KEY, "", "update-there", StepState.DONE)
    with MirrorStore(path) as store:
        scope = enter(store)
        number = store.begin_run(scope, "push", "main")
        store.remember(scope, run_id=number, steps=[step])
    with contextlib.closing(sqlite3.connect(path)) as old:
        old.execute("UPDATE step SET packed = ?", (zlib.compress(pack_step(step)),))
        old.commit()
    with MirrorReader(path) as reader:
        assert read_tally(reader, scope, number).done == {"": 1}


def test_the_newest_run_is_one_that_did_something(path):
    """Who asks for the last run means the last that changed anything, or the one that is under way."""
    done = Step(0, KEY, "", "update-there", StepState.DONE)
    with MirrorStore(path) as store:
        scope = enter(store)
        numbers = [store.begin_run(scope, command, "main") for command in ("push", "push", "pull", "undo")]
        changed, vain, open_, _ = numbers
        store.remember(scope, run_id=changed, steps=[done])
        store.remember(scope, run_id=vain, steps=[done._replace(state=StepState.DROPPED)])
        for number in (changed, vain, numbers[3]):
            store.end_run(number)
    with MirrorReader(path) as reader:
        found = {command: find_run(reader, scope, command) for command in (None, "push", "pull", "undo", "promote")}
    assert found == {None: open_, "push": changed, "pull": open_, "undo": None, "promote": None}


def test_what_was_done_last_to_a_resource_is_the_newest_step_that_was_done(path):
    """Steps of other resources and servers, and those that came to nothing, are not it."""
    with MirrorStore(path) as store:
        scope = enter(store)
        other = store.enter_scope("b", url="http://b", user_id="u", role="user", dialect="owui-0.12", server_version="")
        elsewhere = Key("tool", Slug("y"))
        runs = [
            (scope, [Step(0, KEY, "", "create-there", StepState.DONE)]),
            (
                scope,
                [
                    Step(0, KEY, "", "update-here", StepState.DONE),
                    Step(1, KEY, "", "update-there", StepState.DONE, sent_digest=DIGEST),
                    Step(2, KEY, "", "delete-there", StepState.DROPPED),
                    Step(3, elsewhere, "", "delete-there", StepState.DONE),
                    Step(4, Key("prompt", KEY.slug), "", "delete-there", StepState.DONE),
                ],
            ),
            (other, [Step(0, KEY, "", "merge", StepState.DONE)]),
        ]
        for of, done in runs:
            run_id = store.begin_run(of, "push", "a")
            store.remember(of, run_id=run_id, steps=done)
    with MirrorReader(path) as reader:
        assert read_last_step(reader, scope, KEY) == runs[1][1][1]
        assert read_last_step(reader, other, elsewhere) is None


def test_a_step_moves_on_with_its_row_or_not_at_all(path):
    """The end of a step and the base that follows from it are one: a reader never sees one without the other."""
    row = Row(KEY, "", RemoteId("x"), base_local=Fingerprint("a"), base_remote=Fingerprint("b"), version=Version("v"))
    with MirrorStore(path) as store:
        scope = enter(store)
        number = store.begin_run(scope, "push", "main")
        store.remember(scope, run_id=number, steps=[Step(0, KEY, "", "update-there", StepState.BEGUN)])
        broken = Row(KEY, "", RemoteId("x"), base_digest="no such body")
        done = Step(0, KEY, "", "update-there", StepState.DONE)
        with pytest.raises(Exception, match="FOREIGN KEY"):
            store.remember(scope, rows=[broken], run_id=number, steps=[done])
        with MirrorReader(path) as reader:
            assert read_run(reader, scope, number).steps[0].state is StepState.BEGUN
        store.remember(scope, rows=[row], run_id=number, steps=[done])
    with MirrorReader(path) as reader:
        assert read_run(reader, scope, number).steps == (done,)
        assert reader.rows(scope) == {KEY: row}


def test_contents_come_back_or_say_that_they_do_not(path):
    """What a file held before is given back byte for byte; what was never stored is not made up."""
    content = b"\x00\xff\r\n" * 50
    with MirrorStore(path) as store:
        store.remember(enter(store), contents=[content, content])
    with MirrorReader(path) as reader:
        assert read_content(reader, make_digest(content)) == content
        with pytest.raises(MirrorDamaged):
            read_content(reader, make_digest(b"other"))


def test_a_mirror_has_one_lineage(path, tmp_path):
    """A mirror keeps its id, and no two mirrors share one."""
    found = []
    for each in (path, path, tmp_path / "other.db"):
        with MirrorStore(each) as store:
            enter(store)
        with MirrorReader(each) as reader:
            found.append(read_lineage(reader))
    assert found[0] == found[1] != found[2]
    assert all(found)


#: the tables of version 1, as they were released
VERSION_1 = """
CREATE TABLE scope (id INTEGER NOT NULL PRIMARY KEY, url VARCHAR NOT NULL, user_id VARCHAR NOT NULL,
    role VARCHAR NOT NULL, dialect VARCHAR NOT NULL, server_version VARCHAR NOT NULL, UNIQUE (url, user_id));
CREATE TABLE target (name VARCHAR NOT NULL PRIMARY KEY, scope_id INTEGER NOT NULL REFERENCES scope (id));
CREATE TABLE listing (scope_id INTEGER NOT NULL REFERENCES scope (id), kind VARCHAR NOT NULL, basis VARCHAR NOT NULL,
    PRIMARY KEY (scope_id, kind));
CREATE TABLE body (digest VARCHAR NOT NULL PRIMARY KEY, packed BLOB NOT NULL);
CREATE TABLE resource (id INTEGER NOT NULL PRIMARY KEY, scope_id INTEGER NOT NULL REFERENCES scope (id),
    kind VARCHAR NOT NULL, slug VARCHAR NOT NULL, type VARCHAR NOT NULL, remote_id VARCHAR NOT NULL,
    remote_state VARCHAR NOT NULL, remote_fingerprint VARCHAR, remote_digest VARCHAR REFERENCES body (digest),
    base_local VARCHAR, base_remote VARCHAR, base_digest VARCHAR REFERENCES body (digest), version VARCHAR,
    updated_at VARCHAR, writable BOOLEAN, path VARCHAR, derived BLOB, UNIQUE (scope_id, kind, slug));
INSERT INTO scope VALUES (1, 'https://server.test', 'u1', 'admin', 'owui-0.12', '0.12.4');
INSERT INTO target VALUES ('main', 1);
INSERT INTO listing VALUES (1, 'tool', '/export as admin');
"""


def test_a_mirror_of_version_1_is_taken_over(path):
    """A mirror of before there was a journal keeps all that it knew, is readable at once, and journals from then on."""
    with contextlib.closing(sqlite3.connect(path)) as old:
        old.executescript(VERSION_1)
        old.execute("INSERT INTO body VALUES (?, ?)", (digest_of_body("", BODY), pack_plain(to_plain("", BODY))))
        row = ("tool", "x", "", "x", "present", DIGEST[:32], DIGEST, DIGEST[:32], DIGEST[:32], DIGEST)
        old.execute(
            f"INSERT INTO resource VALUES (NULL, 1, {', '.join('?' * 10)}, NULL, NULL, 1, 'plugins/tools/x.py', NULL)",
            row,
        )
        old.execute("PRAGMA user_version = 1")
        old.commit()
    with MirrorReader(path) as reader:
        scope = reader.scope_of("main", "https://server.test")
        before = reader.rows(scope)
        assert (read_open_runs(reader), read_lineage(reader)) == ([], None)
        assert (read_runs(reader, scope, newest=5), read_run(reader, scope, 1)) == ([], None)
        assert (read_tallies(reader, scope, newest=5), find_run(reader, scope, None)) == ([], None)
        assert read_last_step(reader, scope, KEY) is None
    assert before[KEY].base_digest == DIGEST
    with MirrorStore(path) as store:
        number = store.begin_run(scope, "push", "main")
        store.remember(scope, run_id=number, steps=[Step(0, KEY, "", "update-there")])
    with MirrorReader(path) as reader:
        assert reader.rows(scope) == before
        assert reader.body(DIGEST) == BODY
        assert [each.id for each in read_open_runs(reader)] == [number]
        assert read_lineage(reader)
        assert reader.health() == "ok"
        assert reader.ask("PRAGMA user_version", ()) == [(SCHEMA_VERSION,)]
        assert reader.ask("PRAGMA foreign_key_check", ()) == []


@pytest.mark.parametrize(
    ("action", "expected"),
    [("create-here", True), ("delete-here", True), ("merge", True), ("create-there", False), ("update-there", False)],
)
def test_a_step_is_about_files_or_about_the_server(action, expected):
    """What writes here is settled offline; what writes there is asked for."""
    assert Step(0, KEY, "", action).is_about_files is expected


def test_the_states_that_a_mirror_holds_stay():
    """A journal that an earlier version wrote is read by a later one."""
    assert [str(each) for each in StepState] == ["intended", "begun", "applied", "done", "dropped"]


def test_before_the_first_command_there_are_no_runs(tmp_path):
    """A folder without a mirror has no history, and that is no error."""
    with MirrorReader(tmp_path / "none.db") as reader:
        scope = Scope(1, "http://server.test", "u", "admin", "cochat", "0.6")
        assert read_runs(reader, scope, newest=5) == []
        assert read_run(reader, scope, 1) is None
        assert read_open_runs(reader) == []
        assert read_lineage(reader) is None


def test_what_a_server_computed_is_not_in_a_step():
    """Of the rows before and after, a step keeps what an undo needs."""
    row = Row(KEY, "", RemoteId("x"), remote_state=State.PRESENT, derived={"specs": [1]})
    step = unpack_step(1, KEY, "done", pack_step(Step(1, KEY, "", "update-there", row_before=row)))
    assert step.row_before == Row(KEY, "", RemoteId("x"), remote_state=State.PRESENT)


def test_a_run_of_nobody_in_particular_says_nothing():
    """A run without a message has an empty one, which the list of runs fills with what was done."""
    assert Run(1, 1, "push", "main", datetime(2026, 11, 25, tzinfo=UTC)).message == ""
