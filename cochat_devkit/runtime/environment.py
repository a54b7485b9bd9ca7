"""Which environment variables a process that runs plugin code may see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHORTEST = 8
_LOOKS_SECRET = re.compile(
    r"^COCHAT_|TOKEN|SECRET|PASSW|PASSPHRASE|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIAL"
    r"|.[_-]PWD$|(^|_)(AUTH|JWT|DSN)(_|$)|DATABASE_URL",
    re.IGNORECASE,
)


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Copy an environment, leaving out every variable whose name looks as if it held a secret.

    This keeps accidents away from plugin code. It is no sandbox: the code still runs with the rights of the user.
    """
    return {name: value for name, value in environment.items() if not _LOOKS_SECRET.search(name)}


def secrets_in(environment: Mapping[str, str]) -> set[str]:
    """Gather the values of such variables; a short one would be found in ordinary words."""
    named = (value for name, value in environment.items() if _LOOKS_SECRET.search(name))
    return {value for value in named if len(value) >= _SHORTEST}
