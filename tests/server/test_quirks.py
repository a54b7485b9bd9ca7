"""The tables of quirks: one for each generation that there is a dialect of."""

from __future__ import annotations

from cochat_devkit.kinds import all_kinds
from cochat_devkit.kinds.dialects import DIALECTS
from cochat_devkit.server.quirks import Refusal, quirks_of
from cochat_devkit.server.refusals import refused


def test_every_dialect_has_its_quirks():
    """A new dialect needs a table before the local server can stand in for it."""
    for dialect in DIALECTS.values():
        assert quirks_of(dialect).version.startswith(f"{dialect.generation}.")


def test_sentences_are_filled_in_and_foreign_braces_are_left_alone():
    """A plugin's own message may hold anything, places of a sentence included."""
    kind = next(each for each in all_kinds() if each.name == "tool")
    made = refused(Refusal(400, "{Kind} {id} of {kinds}: {error}"), kind=kind, id_="x", error="{0} } {id} {kind}")
    assert (made.status_code, made.detail) == (400, "Tool x of tools: {0} } {id} {kind}")
