"""Files that change together: what a kill left is one of the two states again, and no edit of mine is touched."""

from __future__ import annotations

import itertools

import pytest

from cochat_devkit.events import ignore
from cochat_devkit.kinds import kind_named
from cochat_devkit.mirror.journal import StepState, read_open_runs, read_run
from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.operations.filesteps import FileSteps, settle_files
from cochat_devkit.operations.records import Records, agreed_row
from cochat_devkit.resource import Key, RemoteId, Resource, Slug
from cochat_devkit.sync.decide import Action
from cochat_devkit.workspace.sidecar import to_body
from cochat_devkit.workspace.tree import foresee, read_one, write_layout

TOOL = kind_named("tool")[0]
KEY = Key("tool", Slug("x"))
SOURCE, SIDECAR = "plugins/tools/x.py", "plugins/tools/x.yaml"


def make(source, **stated):
    return Resource(KEY, to_body(TOOL, KEY.slug, source, stated), remote_id=RemoteId("x"))


OLD = make("old = 1\n", description="old")
NEW = make("new = 1\n", description="new")
BARE = make("bare = 1\n")


def contents(root):
    places = (SOURCE, SIDECAR)
    return {place: (root / place).read_bytes() for place in places if (root / place).exists()}


@pytest.fixture
def mirror(tmp_path):
    """A mirror that knows one server."""
    path = tmp_path / "mirror.db"
    with MirrorStore(path) as store:
        scope = store.enter_scope(
            "main", url="https://server.test", user_id="u1", role="admin", dialect="owui-0.12", server_version="0.12.4"
        )
    return path, scope


def begin(mirror, root, before, after):
    """Lay `before` down, note that `after` is to come, and say what files each of them is."""
    path, scope = mirror
    present = None
    if before is not None:
        present = write_layout(root, foresee(root, TOOL, before, None))
    was = contents(root)
    row = agreed_row(before, None, SOURCE) if before else None
    with Records(path, None, scope) as records:
        steps = FileSteps(root, records, "pull", "main")
        if before is not None:
            records.keep(row, (before.type, before.body))
        layout = foresee(root, TOOL, after, present) if after else None
        row_after = agreed_row(after, layout.local.fingerprint, SOURCE) if after else None
        steps.begin(KEY, Action.UPDATE_HERE if after else Action.DELETE_HERE, present, layout, (row, row_after))
        if after is not None:
            records.keep_bodies((after.type, after.body))
        records.flush()
    if layout is not None:
        write_layout(root, layout)
    else:
        for place in was:
            (root / place).unlink()
    will_be = contents(root)
    return was, will_be


def lay(root, wanted):
    for place in (SOURCE, SIDECAR):
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).unlink(missing_ok=True)
        if wanted.get(place) is not None:
            (root / place).write_bytes(wanted[place])


def settle(mirror, root):
    """Do what the next command does: the state of the step after it, and the row."""
    path, scope = mirror
    with MirrorReader(path) as reader:
        (run,) = read_open_runs(reader)
    with Records(path, None, scope) as records:
        records.run_id = run.id
        settle_files(root, records, run.steps[0], ignore)
        records.end_run()
    with MirrorReader(path) as reader:
        assert read_open_runs(reader) == []
        return read_run(reader, scope, run.id).steps[0].state, reader.rows(scope).get(KEY)


CHANGES = [(OLD, NEW), (None, NEW), (OLD, None), (OLD, BARE), (BARE, NEW)]


@pytest.mark.parametrize(("before", "after"), CHANGES)
@pytest.mark.parametrize("mix", list(itertools.product([False, True], repeat=2)))
def test_every_half_way_state_is_settled(mirror, tmp_path, before, after, mix):
    """Source and sidecar, each as before or as after: both after is done, all else is as it was."""
    was, will_be = begin(mirror, tmp_path, before, after)
    chosen = {
        place: (will_be if is_new else was).get(place) for place, is_new in zip((SOURCE, SIDECAR), mix, strict=True)
    }
    lay(tmp_path, chosen)
    there = contents(tmp_path)
    state, row = settle(mirror, tmp_path)
    if there == will_be:
        assert (state, contents(tmp_path)) == (StepState.DONE, will_be)
        assert (row and row.base_remote) == (after and after.fingerprint)
        assert (row and row.base_local) == (after and read_one(tmp_path, TOOL, "", SOURCE).resource.fingerprint)
    else:
        assert (state, contents(tmp_path)) == (StepState.DROPPED, was)
        assert (row and row.base_remote) == (before and before.fingerprint)


@pytest.mark.parametrize(("before", "after"), CHANGES)
@pytest.mark.parametrize("place", [SOURCE, SIDECAR])
@pytest.mark.parametrize("other", [False, True])
def test_what_i_edited_since_is_left(mirror, tmp_path, before, after, place, other):
    """A file that is neither as before nor as after is mine: nothing of the resource is touched."""
    was, will_be = begin(mirror, tmp_path, before, after)
    lay(tmp_path, {**(will_be if other else was), place: b"description: mine\n"})
    there = contents(tmp_path)
    touched = {each for each in (SOURCE, SIDECAR) if was.get(each) != will_be.get(each)}
    state, _row = settle(mirror, tmp_path)
    if place in touched:
        assert (state, contents(tmp_path)) == (StepState.DROPPED, there)


def test_an_unreadable_file_stops_nobody(mirror, tmp_path):
    """What cannot be looked at is left as it is, and the next command goes on."""
    begin(mirror, tmp_path, OLD, NEW)
    (tmp_path / SOURCE).unlink()
    (tmp_path / SOURCE).mkdir()
    assert settle(mirror, tmp_path)[0] is StepState.DROPPED
    assert (tmp_path / SOURCE).is_dir()
