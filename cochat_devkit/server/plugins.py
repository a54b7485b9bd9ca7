"""How the local server has plugins loaded: by a loader that it is handed, never in its own process."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from cochat_devkit.plugin import LoadFailure, LoadRequest, PluginFacts, PluginOffer

if TYPE_CHECKING:
    from cochat_devkit.plugin import Generation, PluginKind, PluginLoader
    from cochat_devkit.resource import Json

_LONGEST_NAME_BYTES = 120
_COMPLAINT = re.compile(r"^(?P<where>\S.*)\n {2}(?P<what>.*?) \[type=(?P<type>\w+)", re.MULTILINE)


class Plugins:
    """Have plugins loaded one after the other, as a server of one generation would."""

    def __init__(self, loader: PluginLoader, generation: Generation) -> None:
        self._loader = loader
        self._generation = generation
        self._turn = threading.Lock()

    def load(self, kind: PluginKind, id_: str, source: str) -> PluginFacts | LoadFailure:
        """Load a source; a failure is an answer."""
        with self._turn:
            return self._loader.load(self._request(kind, id_, source))

    def check_valves(
        self, kind: PluginKind, id_: str, source: str, values: Json, *, user: bool = False
    ) -> Json | LoadFailure:
        """Pass values through a plugin's valves; what was set, without nulls and unknown keys."""
        with self._turn:
            return self._loader.check_valves(self._request(kind, id_, source), values, user=user)

    def find_offer(self, id_: str, source: str, valves: Json) -> PluginOffer | LoadFailure:
        """Ask a function what it offers to the list of models."""
        with self._turn:
            return self._loader.find_offer(self._request("function", id_, source), valves)

    def close(self) -> None:
        """End the loader."""
        with self._turn:
            self._loader.close()

    def _request(self, kind: PluginKind, id_: str, source: str) -> LoadRequest:
        # a loader may name a file after the id, and the servers load ids that are no file names
        short_id = id_.encode("utf-8", "replace")[:_LONGEST_NAME_BYTES].decode("utf-8", "ignore")
        return LoadRequest(kind=kind, id=short_id, source=source, generation=self._generation)


def to_incompatibility(failure: LoadFailure) -> str | None:
    """Say in one line why stored values do not fit new valves; None where only values are missing, which may follow.

    Pydantic's text has two lines for each complaint: where, and indented what, with the type behind it.
    """
    complaints = list(_COMPLAINT.finditer(failure.message))
    if not complaints:
        return failure.message
    if all(complaint["type"] == "missing" for complaint in complaints):
        return None
    return "; ".join(f"{complaint['where']}: {complaint['what']}" for complaint in complaints)
