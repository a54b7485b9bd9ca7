"""The colours of the pages: whatever is written is readable, in light and in dark."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

import cochat_devkit.web

STYLES = (Path(cochat_devkit.web.__file__).parent / "static" / "style.css").read_text(encoding="utf-8")
#: by name: its colours in light and in dark, as red, green and blue from 0 to 255
TOKENS = {
    name: tuple(tuple(bytes.fromhex(each)) for each in (light, dark))
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\);", STYLES)
}
#: by class: the colours of a kind
KINDS = {
    names: tuple(tuple(bytes.fromhex(each)) for each in (light, dark))
    for names, light, dark in re.findall(
        r"((?:\.k-[\w-]+,?\s*)+)\{\s*--kind: light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\);", STYLES
    )
}
GROUNDS = ("paper", "surface", "sunken")
#: what is written on what
PAIRS = [
    *product(("ink", "muted", "accent"), GROUNDS),
    *(("on-accent", "accent"), ("accent", "accent-wash"), ("ink", "accent-wash"), ("muted", "accent-wash")),
    *((tone, f"{tone}-wash") for tone in ("calm", "ours", "theirs", "clash", "hidden", "plus", "minus")),
    *((tone, "surface") for tone in ("calm", "ours", "theirs", "clash", "hidden")),
    *((name, "code") for name in TOKENS if name.startswith("code-")),
    *((name, "mark") for name in ("ink", "code-ink")),
]
#: WCAG 2.2, AA: of a text, and of what shows where the focus is
TEXT, SIGN = 4.5, 3.0
#: a badge of a kind lies on so much of its colour
KIND_SHARE = 0.12


def luminance(colour):
    """Say how bright a colour is, as WCAG reckons it."""
    parts = (each / 255 for each in colour)
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """Say how far apart two colours are, from 1 to 21."""
    darker, brighter = sorted((luminance(one), luminance(other)))
    return (brighter + 0.05) / (darker + 0.05)


def mixed(colour, ground, share):
    return tuple(share * one + (1 - share) * other for one, other in zip(colour, ground, strict=True))


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS, ids=lambda each: each)
def test_text_stands_out_from_its_ground(ink, ground, theme):
    """I can read it, in light and in dark."""
    assert contrast(TOKENS[ink][theme], TOKENS[ground][theme]) >= TEXT


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("names", KINDS)
def test_the_name_of_a_kind_stands_out_from_its_badge(names, theme):
    """I can read which kind it is, whatever its colour."""
    colour, surface = KINDS[names][theme], TOKENS["surface"][theme]
    assert contrast(colour, mixed(colour, surface, KIND_SHARE)) >= TEXT


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_the_focus_is_seen(ground, theme):
    """I see where the keyboard is."""
    assert contrast(TOKENS["focus"][theme], TOKENS[ground][theme]) >= SIGN


def test_the_reckoning_is_that_of_the_standard():
    """Black on white is 21 to 1, and grey #767676 on white just suffices."""
    assert round(contrast((0, 0, 0), (255, 255, 255)), 1) == 21.0
    assert round(contrast((0x76,) * 3, (255, 255, 255)), 2) == 4.54
    assert len(KINDS) >= 10
