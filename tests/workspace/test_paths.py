"""Names from a server are hostile: none leaves its folder, none meets another, all lead back."""

from __future__ import annotations

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.workspace.paths import LONGEST_STEM_BYTES, file_stem, is_reserved, name_of_stem, stem_aside

CHOSEN = [
    *("", ".", "..", "...", "../x", "../../etc/passwd", "/etc/passwd", "/", "//", "a/b", "a\\b", "\\\\host\\share"),
    *(
        "C:",
        "C:\\x",
        "c:x",
        "con",
        "CON",
        "Con",
        "C43ON",
        "c%6fn",
        "prn",
        "AUX",
        "nul",
        "NUL.txt",
        "com1",
        "COM9",
        "lpt1",
    ),
    *(
        "com¹",
        "conin$",
        "conftest",
        "Conftest",
        "__init__",
        "__x",
        "__X__",
        "__pycache__",
        "test_x",
        "-rf",
        "--help",
        "~",
    ),
    *(
        "~root",
        "%",
        "%%",
        "%41",
        "%2e%2e",
        "%2F",
        "A",
        "a",
        "a.",
        "a..",
        "a ",
        " a",
        " ",
        "\t",
        "a.py",
        "a.yaml",
        ".git",
    ),
    *("a\0b", "\0", "a\nb", "a\r\nb", "\x7f", "\x1b[31m", "a:b", "a*b", "a?b", 'a"b', "a<b>c", "a|b", "$HOME", "`x`"),
    *(
        "ünï",
        "u\u0308ni\u0308",
        "Ünï",
        "é",
        "e\u0301",
        "É",
        "ﬁ",
        "fi",
        "ß",
        "ss",
        "ẞ",
        "ı",
        "i",
        "İ",
        "i\u0307",
        "K",
        "k",
    ),
    *(
        "Å",
        "å",
        "a\u030a",
        "ſ",
        "s",
        "ς",
        "σ",
        "Σ",
        "한",
        "\u1112\u1161\u11ab",
        "\u1161",
        "\u11a8",
        "각",
        "日本",
        "か\u3099",
    ),
    *(
        "が",
        "ｶﾞ",
        "Ａ",
        "١",
        "com١",
        "²",
        "💥",
        "👩‍👩‍👧",
        "\u202etxt.exe",
        "\u200b",
        "a\u200db",
        "\ufeff",
        "\u0301",
        "a\u0301\u0327",
    ),
    *(
        "x" * 120,
        "x" * 121,
        "x" * 300,
        "X" * 300,
        "あ" * 40,
        "あ" * 41,
        "あ" * 300,
        "𠀀" * 300,
        "💥" * 100,
        "x" * 300 + "y",
    ),
    *("a" * 119 + "/", "\u2028", "\u0085", "%~", "x%~0123456789abcdef01234567", "\ud800", "\udcff", "\uffff"),
]
names = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.text("aAäÄ%~._-/\\ cCoOnN1\u0301\u0308\u1161\u11a8ıİſßσς", max_size=12),
    st.text("xあ𠀀/", min_size=30, max_size=200),
)


def check(name):
    stem = file_stem(name)
    assert stem
    assert not set(stem) & set('/\\:*?"<>|.\0\n\r\t ~') - {"~"}
    assert all(char.isprintable() for char in stem)
    assert not is_reserved(stem)
    assert not stem.startswith((".", "~"))
    assert len((stem + ".yaml").encode()) <= LONGEST_STEM_BYTES + 5 < 255
    assert stem == stem.casefold() or "%" in stem
    if "%~" in stem:
        assert name_of_stem(stem) is None
        return
    for form in ("NFC", "NFD"):
        assert name_of_stem(unicodedata.normalize(form, stem)) == name
    assert name_of_stem(stem) == name


def folded(stem):
    """Fold as the file systems of macOS and Windows do, and more."""
    forms = {unicodedata.normalize(form, stem).casefold() for form in ("NFC", "NFD", "NFKC", "NFKD")}
    return forms | {unicodedata.normalize("NFC", each) for each in forms}


@pytest.mark.parametrize("name", CHOSEN, ids=ascii)
def test_no_name_is_too_wicked(name):
    """Whatever a resource is called, its file is in its folder, can be written everywhere, and leads back to it."""
    check(name)


def test_chosen_names_do_not_meet():
    """No two of them have one file, not even where capitals and accents are folded."""
    assert len(set(CHOSEN)) == len(CHOSEN) > 60
    for one, other in itertools.combinations(CHOSEN, 2):
        assert not folded(file_stem(one)) & folded(file_stem(other)), (one, other)


@given(names)
def test_any_name_has_a_file_and_leads_back(name):
    """The same for names that nobody has thought of."""
    check(name)


@given(names, names)
def test_unlike_names_have_unlike_files(one, other):
    """One resource's file never covers another's."""
    assert (one == other) is bool(folded(file_stem(one)) & folded(file_stem(other)))


@pytest.mark.parametrize("name", ["web_search", "a1", "seo-audit", "日本", "x__y", "__x", "conftest_x", "com10"])
def test_plain_names_are_their_own_files(name):
    """What can be a file's name is one: I find my plugin by its id."""
    assert file_stem(name) == name


@pytest.mark.parametrize(
    "stem", ["My Tool", "A", "a.b", "%4x", "%ff", "%c3%bc", "%61", "ünï", "con", "x%~abc", "\udcff"]
)
def test_a_file_named_by_hand_is_not_taken_for_an_escaped_one(stem):
    """A name that the kit would not have written stands for itself."""
    assert name_of_stem(stem) is None


@pytest.mark.parametrize("name", ["b", "A", "", "x" * 100, "con", "日本" * 6])
def test_a_stem_aside_is_no_other_names_stem(name):
    """Where a name's own stem is taken, the one aside leads to nobody else."""
    aside = stem_aside(name)
    assert aside != file_stem(name)
    assert name_of_stem(aside) is None
    assert stem_aside(f"{name}x") != aside
