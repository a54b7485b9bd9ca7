"""What every server derives from a plugin's source text without running it."""

from __future__ import annotations

import functools
import re

#: Source: Open WebUI 0.12.4 and 0.6.43, utils/plugin.py; checked by tests/contract/.
_REWRITES = (
    ("from utils", "from open_webui.utils"),
    ("from apps", "from open_webui.apps"),
    ("from main", "from open_webui.main"),
    ("from config", "from open_webui.config"),
)
_KEY_LINE = re.compile(r"(?i)^\s*([a-z_]+):\s*(.*)\s*$")
_FENCE = '"""'


def replace_imports(source: str) -> str:
    """Rewrite a source as the server stores it: a blind replacement, in prose as well as in code."""
    for old, new in _REWRITES:
        source = source.replace(old, new)
    return source


def parse_frontmatter(source: str) -> dict[str, str]:
    """Read the keys of the opening docstring, in order; `{}` where the first line is not exactly three quotes.

    A value is one line; the last of two equal keys wins; the block ends at the first line that holds three quotes, and
    that line is not read.
    """
    return dict(_parse_frontmatter(source))


@functools.lru_cache(maxsize=1)
def _parse_frontmatter(source: str) -> dict[str, str]:
    """Do so once for who asks about one source again and again, as its files are written and read back."""
    # the rest of a source is long, and its lines are of no interest
    begin = source.find(_FENCE)
    end = source.find(_FENCE, begin + len(_FENCE))
    lines = (source if min(begin, end) < 0 else source[: end + len(_FENCE)]).splitlines()
    if not lines or lines[0].strip() != _FENCE:
        return {}
    found: dict[str, str] = {}
    for line in lines[1:]:
        if _FENCE in line:
            break
        if matched := _KEY_LINE.match(line):
            found[matched[1].strip()] = matched[2].strip()
    return found


def split_requirements(text: str) -> list[str]:
    """Split a frontmatter's `requirements` as the server does: at commas, also those within one requirement."""
    return [each for each in (word.strip() for word in text.split(",")) if each]


def is_valid_plugin_id(text: str) -> bool:
    """Tell whether a server takes this as the id of a tool or function: an identifier, in lower case once stored."""
    return text.isidentifier() and text == text.lower()
