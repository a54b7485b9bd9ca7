"""The names of further files: each comes back byte for byte, and no two are one file on any disk."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.workspace.paths import fold_path, is_reserved, name_of_tree_path, tree_path, tree_paths
from tests.workspace.test_paths import CHOSEN

APART, AS_ONE = "e\u0301.txt", "\xe9.txt"
#: signs that join, fold, hide or mean something, and those that the paths themselves use
_ODD = (
    "aAeE\xe9\xc9\u0301\u0308\u0344\u212b\u1112\u1161\u11ab\ud55c\u304c\u3099"
    "\u0131\u0130\u017f\u03c2\u03c3\u03a3\xb5\u03bc\xdf\u1e9e"
)
_MORE = "\ufb01fi\ufe0f\u200b\uff05\uff0d\uff5e\u2100%-~._ /25cCoOnN\ud800\t"
segments = st.text(_ODD + _MORE, max_size=6)
names = st.one_of(
    st.text(max_size=12),
    st.lists(segments, min_size=1, max_size=3).map("/".join),
    st.sampled_from(CHOSEN),
    st.text(_ODD, max_size=6).map(lambda name: unicodedata.normalize("NFD", name)),
)
trees = st.sets(names, max_size=8)


def met_by(path):
    """Say as what the file systems of macOS, Windows, Linux and ZFS know a path, and more."""
    forms = ("NFC", "NFD", "NFKC", "NFKD")
    folds = (str.casefold, str.lower, str.upper)
    for form in forms:
        for fold in folds:
            yield form, fold.__name__, _folded(path, form, fold)


def _folded(path, form, fold):
    # a sign that comes apart into others with a slash parts no folders
    return tuple(unicodedata.normalize(form, fold(unicodedata.normalize(form, each))) for each in path.split("/"))


def lines_down_to(path):
    parts = path.split("/")
    return {"/".join(parts[:depth]) for depth in range(1, len(parts) + 1)}


@given(names)
def test_a_name_comes_back_byte_for_byte(name):
    """What the server calls a file is what is read from the disk, accents and all."""
    assert name_of_tree_path(tree_path(name)) == name


@given(trees)
def test_all_names_of_a_tree_come_back(tree):
    """Also those that are written otherwise, as another is in their place."""
    paths = tree_paths(tree)
    assert {name_of_tree_path(path) for path in paths.values()} == tree
    assert all(name_of_tree_path(path) == name for name, path in paths.items())


@given(trees)
def test_no_two_are_one_file_where_case_or_accents_are_folded(tree):
    """On a Mac or Windows no file covers another, and no two folders become one."""
    places = set().union(*map(lines_down_to, tree_paths(tree).values()))
    for known in zip(*map(met_by, sorted(places)), strict=True):
        assert len({each for _form, _fold, each in known}) == len(places), known[0][:2]


@given(trees)
def test_no_path_leads_out_or_hides(tree):
    """Nothing hidden, nothing above, no device, no end that a system cuts off."""
    for path in tree_paths(tree).values():
        for segment in path.split("/"):
            assert segment
            assert segment[0] != "."
            assert segment[-1] not in ". "
            assert not set(segment) & set('\\:*?"<>|\0\n')
            assert not is_reserved(segment.partition(".")[0])


@given(st.lists(names, max_size=8, unique=True), st.randoms(use_true_random=False))
def test_the_order_of_a_listing_means_nothing(listed, chance):
    """The same files lie at the same places, in whichever order the server tells them."""
    shuffled = listed[:]
    chance.shuffle(shuffled)
    assert tree_paths(listed) == tree_paths(shuffled)


@given(trees, names)
def test_a_file_that_goes_moves_at_most_its_like(tree, name):
    """A file that comes or goes moves none that is unlike it, and no other but the next of those alike."""
    before, after = tree_paths(tree - {name}), tree_paths(tree | {name})
    moved = [each for each in before if before[each] != after[each]]
    like = {line for each in lines_down_to(name) for line in [fold_path(tree_path(each))]}
    assert all(any(fold_path(tree_path(line)) in like for line in lines_down_to(each)) for each in moved)


@pytest.mark.parametrize(
    ("tree", "paths"),
    [
        (["README.md"], ["README.md"]),
        (["readme.md", "README.md"], ["%-readme.md", "README.md"]),
        (["readme.md", "Readme.md", "README.md"], ["%-readme.md", "%-%52eadme.md", "README.md"]),
        (["docs/a", "Docs/b", "x/Docs"], ["%-docs/a", "Docs/b", "x/Docs"]),
        ([APART], ["%~\xe9.txt"]),
        ([APART, AS_ONE], ["%~\xe9.txt", AS_ONE]),
        (["e\u0301/E\u0301", "e\u0301/e\u0301"], ["%~\xe9/%~\xc9", "%~\xe9/%-e%CC%81"]),
        (["\xe9e\u0301"], ["%C3%A9%65%CC%81"]),
        (["fi", "\ufb01", "\u2764", "\u2764\ufe0f"], ["fi", "%-%EF%AC%81", "\u2764", "%-%E2%9D%A4%EF%B8%8F"]),
    ],
)
def test_what_is_written_how(tree, paths):
    """What meets nothing stays as it is; of those that would meet, one does."""
    assert list(tree_paths(tree).values()) == paths


def test_the_main_file_stays_the_main_file():
    """A further file that would be the main one on a Mac lies beside it, under another name."""
    assert tree_paths(["skill.md", "x/skill.md", "a"], ["SKILL.md"]) == {
        "skill.md": "%-skill.md",
        "x/skill.md": "x/skill.md",
        "a": "a",
    }


def test_names_that_a_mac_sent_do_not_grow():
    """A name that a disk takes is written as one: a Korean name that came apart is not made three times as long."""
    name = unicodedata.normalize("NFD", "\ud68c\uc758\ub85d" * 9 + ".pdf")
    assert len(tree_path(name).encode()) < len(name.encode()) < 255


def path_of_before(name):
    """Make a path as versions up to 0.1 did, which looked at each character alone."""
    return "/".join(map(_segment_of_before, name.split("/")))


def _segment_of_before(segment):
    is_plain = all(char.isprintable() and unicodedata.normalize("NFC", char) == char for char in segment)
    found = re.sub(r'[\\:*?"<>|%]', lambda sign: _escape(sign[0]), segment) if is_plain else _escape(segment)
    if not segment:
        return "%"
    if found[0] == "." or is_reserved(found.partition(".")[0]):
        found = _escape(found[0]) + found[1:]
    return found[:-1] + _escape(found[-1]) if found[-1] in ". " else found


def _escape(text):
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


@given(names)
def test_a_tree_of_before_is_read_as_the_same_names(name):
    """What an earlier version pulled is what the server has, and looks neither edited nor gone."""
    assert name_of_tree_path(path_of_before(name)) == name


@given(names)
def test_a_name_that_is_like_no_other_lies_where_it_lay(name):
    """An upgrade moves no file, but those whose accents stand apart."""
    if unicodedata.normalize("NFC", name) == name:
        assert tree_paths([name]) == {name: path_of_before(name)}


@pytest.mark.parametrize(
    "path",
    [
        *("a%41", "My%20Doc.pdf", "Caf%C3%A9.pdf", "re%CC%81sum%C3%A9.pdf", "%52eadme.md", "%ff", "%~", "%~a", "%~%61"),
        *("%-A", "%-%61", "%-\xc9", "%~e\u0301", "x/%-%4", "%-a/%41", "a:b/c%3F"),
    ],
)
def test_a_path_that_nobody_made_stands_for_itself(path):
    """A file that I name like an address keeps that name on the server."""
    assert name_of_tree_path(path) == path
