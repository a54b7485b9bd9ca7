"""The comparison of a manifest with a base, against the plainest way to write it down."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.server.knowledge_sync import Entry, compare_files, compare_folders

PATHS = st.sampled_from(["", "a", "a/b", "a/b/c", "d"])
PLACES = st.tuples(PATHS, st.sampled_from(["x.md", "y.md"]))
DIGESTS = st.sampled_from(["1", "2"])


@given(here=st.dictionaries(PLACES, DIGESTS), there=st.dictionaries(PLACES, DIGESTS))
def test_files_are_sorted_into_four(here, there):
    """Each file of either side is new, changed, gone or as it was, and nothing is two of them."""
    manifest = [Entry(path, name, digest) for (path, name), digest in here.items()]
    known = {place: (f"id of {place}", digest) for place, digest in there.items()}
    found = compare_files(manifest, known)
    assert {(each["path"], each["filename"]) for each in found["added"]} == set(here) - set(there)
    both = set(here) & set(there)
    changed = {place for place in both if here[place] != there[place]}
    assert {(each["path"], each["filename"]) for each in found["modified"]} == changed
    assert {each["stale_file_id"] for each in found["modified"]} == {f"id of {place}" for place in changed}
    assert {each["file_id"] for each in found["deleted"]} == {f"id of {place}" for place in set(there) - set(here)}
    assert found["unmodified_count"] == len(both - changed)


@given(needed=st.lists(PATHS), there=st.sets(PATHS.filter(bool)))
def test_folders_are_made_from_the_top(needed, there):
    """Whoever makes the missing ones in their order always finds the parent, and nothing needed is taken away."""
    folders = {path: f"id of {path}" for path in there}
    found = compare_folders([Entry(path, "x.md", "1") for path in needed], folders)
    have = set(there)
    for path in found["mkdir"]:
        parent = path.rpartition("/")[0]
        assert parent in have or not parent
        assert path not in have
        have.add(path)
    assert set(needed) - {""} <= have
    kept = have - {path for path in there if folders[path] in found["rmdir"]}
    assert {path for path in needed if path} <= kept
    assert found["directory_map"] == folders
