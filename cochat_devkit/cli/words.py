"""How words of a command line are read: names with values, and valves, whose secrets are masked from then on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cochat_devkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


def pair(word: str) -> tuple[str, str]:
    """Take a `NAME=VALUE` apart.

    Raises:
        UsageError: it is none.
    """
    name, sign, value = word.partition("=")
    if not sign or not name:
        raise UsageError(f"{word!r} is no NAME=VALUE", hint="as in city=Oslo")
    return name, value


def value_of(word: str) -> Any:
    """Read a value: JSON where it is, and otherwise the text."""
    try:
        return json.loads(word)
    except ValueError:
        return word


def values_of(words: Sequence[str]) -> dict[str, Any]:
    """Read valves; what sounds like a secret is masked in whatever is shown from now on."""
    from cochat_devkit.kinds.valves import is_secret
    from cochat_devkit.redaction import remember_secret

    found = {name: value_of(word) for name, word in map(pair, words)}
    for name, value in found.items():
        if is_secret(name, {}):
            remember_secret(str(value))
    return found
