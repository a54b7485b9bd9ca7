"""The values of a plugin's settings: read, described and replaced, by the requests that its kind's row names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cochat_devkit.errors import Rejected, UnexpectedReply
from cochat_devkit.kinds.valves import texts_in
from cochat_devkit.redaction import MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from cochat_devkit.kinds.kind import Endpoint, ValvesRequests
    from cochat_devkit.resource import Json, RemoteId, Wire

#: what pydantic adds to a mistake: the value that was given, cut in its middle
_GIVEN = re.compile(r"\s*\[type=[^\n]*|\n?[^\n]*For further information[^\n]*")
#: a shorter text would mask ordinary words
_SHORTEST = 3
_LONGEST_DETAIL = 500


class Valves:
    """Speak about the values of plugins of one kind: their own, or those that the caller has as their user."""

    def __init__(self, ask: Callable[[Endpoint, str, RemoteId, Json], Json], requests: ValvesRequests) -> None:
        """Take the way to ask (endpoint, what is being done, remote id, body), and the requests."""
        self._ask = ask
        self._requests = requests

    def fetch_values(self, remote_id: RemoteId) -> Wire:
        """Read what is stored: explicit values only, without defaults.

        Raises:
            Missing: the server has no such plugin.
            RemoteError: the server could not be asked, or refuses.
        """
        what = f"reading the valves of {remote_id}"
        return _as_object(self._ask(self._requests.values, what, remote_id, None) or {}, what)

    def fetch_spec(self, remote_id: RemoteId) -> Wire | None:
        """Read the JSON schema of the values; None where the plugin takes none."""
        what = f"reading what valves {remote_id} has"
        found = self._ask(self._requests.spec, what, remote_id, None)
        return None if found is None else _as_object(found, what)

    def find_lost(self, remote_id: RemoteId, stored: Collection[str]) -> list[str]:
        """Name the stored values that the next write takes away: those that the plugin's class has no more."""
        if not stored:
            return []
        spec = self.fetch_spec(remote_id) or {}
        takes_any = spec.get("additionalProperties") not in (None, False)
        return [] if takes_any else sorted(set(stored) - set(spec.get("properties") or {}))

    def send_values(self, remote_id: RemoteId, values: Wire) -> Wire:
        """Replace everything that is stored: what the server then holds.

        Raises:
            Rejected: a value does not fit; what the server says of it is told without any value.
            Missing: the plugin takes no values.
        """
        what = f"writing the valves of {remote_id}"
        try:
            return _as_object(self._ask(self._requests.update, what, remote_id, values) or {}, what)
        except Rejected as error:
            said = _without_values(error.detail, values)
            raise Rejected(f"{what}: the server refuses it: {said}", detail=said, hint=_HINT) from None


_HINT = "nothing was changed; see what each takes: cochat valves REF"


def _as_object(found: Json, what: str) -> Wire:
    if not isinstance(found, dict):
        raise UnexpectedReply(f"{what}: the answer is no object")
    return found


def _without_values(detail: str, values: Wire) -> str:
    """Take every value that was sent out of a server's sentence; a sentence that was cut loses its last line."""
    said = _GIVEN.sub("", detail)
    if len(detail) >= _LONGEST_DETAIL:
        said = said.rpartition("\n")[0]
    for text in sorted(texts_in(values), key=len, reverse=True):
        if len(text) >= _SHORTEST:
            said = said.replace(text, MASK)
    return said or "it does not tell why"
