"""What the local server takes for the text of a file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.server.file_quirks import file_quirks_of
from cochat_devkit.server.file_texts import NoText, extract_text, mend_text

GENERATIONS = ["0.6", "0.12"]
PLAIN = st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="&") | st.just("\n"))


@pytest.mark.parametrize("generation", GENERATIONS)
@given(text=PLAIN)
def test_plain_text_is_left_as_it_is(generation, text):
    """ASCII with line feeds is its own text, in every kind of text file."""
    quirks = file_quirks_of(generation)
    for name in ("a.md", "a.py", "a.json"):
        assert extract_text(text.encode(), name, "application/octet-stream", quirks) == text


@pytest.mark.parametrize("generation", GENERATIONS)
@given(text=st.text())
def test_line_ends_are_line_feeds_and_nothing_else(generation, text):
    """Whatever ends a line is a line feed afterwards."""
    mended = mend_text(text, file_quirks_of(generation))
    assert not set(mended) & set("\r\x85\u2028\u2029")


@given(text=st.text())
def test_what_was_mended_is_mended_for_good(text):
    """On 0.12 a second pass changes nothing; entities of HTML, which 0.6 resolves, may hide others."""
    quirks = file_quirks_of("0.12")
    once = mend_text(text, quirks)
    assert mend_text(once, quirks) == once


@pytest.mark.parametrize("generation", GENERATIONS)
@given(raw=st.binary())
def test_any_bytes_have_a_text_or_none(generation, raw):
    """No bytes break the extraction."""
    quirks = file_quirks_of(generation)
    for content_type in ("text/plain", "image/png", "video/mp4", None):
        try:
            found = extract_text(raw, "a.bin", content_type, quirks)
        except NoText:
            continue
        assert found is None or isinstance(found, str)


def test_terminal_codes_and_marks_are_taken_out():
    """Colours of a terminal and the mark of an encoding are no text."""
    assert mend_text("\ufeff\x1b[31mred\x1b[0m", file_quirks_of("0.12")) == "red"


def test_entities_stay_behind_the_first_tag():
    """On 0.6 a line with a `<` says that HTML follows, which is left alone."""
    assert mend_text("a &amp; b\n<i>\nc &amp; d", file_quirks_of("0.6")) == "a & b\n<i>\nc &amp; d"
