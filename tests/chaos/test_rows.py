"""Each row of chaos in small, with a seed that stays; the numbers of the bars are `make soak`."""

from __future__ import annotations

import pytest

from tests.chaos.rows import ROWS

SEED = 20_261_125


@pytest.mark.parametrize("name", list(ROWS))
def test_nothing_is_lost(name: str) -> None:
    """Whatever the network, the server, the disk and others do, my work is still somewhere, and I am told."""
    row = ROWS[name]
    result = row.run(row.SMALL, SEED)
    assert result.failures == []
    assert result.ran >= row.SMALL


def test_every_row_says_what_it_is() -> None:
    """The table can be read: a sentence and three sizes for each row."""
    for name, row in ROWS.items():
        assert row.WHAT, name
        assert row.SMALL <= row.SHORT <= row.BAR, name
