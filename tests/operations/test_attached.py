"""The further files of a resource, as people read of them; the rest is asked through the commands and the pages."""

from __future__ import annotations

from cochat_devkit.operations.attached import size_in_words


def test_sizes_are_written_as_people_say_them() -> None:
    """Bytes, and thousands, millions and milliards of them."""
    sizes = (0, 999, 1_500, 999_949, 2_345_678, 7_000_000_000)
    assert [*map(size_in_words, sizes)] == ["0 B", "999 B", "1.5 kB", "999.9 kB", "2.3 MB", "7.0 GB"]
