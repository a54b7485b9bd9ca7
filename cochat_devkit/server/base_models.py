"""The models that the local server itself offers: those of its active pipes, and on a CoChat the samples.

Source: Open WebUI 0.12.4 and 0.6.43, functions.py; checked by tests/contract/test_model_list.py.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cochat_devkit.plugin import LoadFailure, PluginOffer
from cochat_devkit.server.sample_models import SAMPLE_PIPE, sample_models

if TYPE_CHECKING:
    from cochat_devkit.resource import Wire
    from cochat_devkit.server.collection import Collection
    from cochat_devkit.server.context import ServerContext
    from cochat_devkit.server.item import Item

#: the note that says that the catalogue of sample models is offered
SAMPLES_NOTE = "sample models"


class BaseModels:
    """List base models. Plugins are asked in a child process, and again only after they or their valves changed."""

    def __init__(self, context: ServerContext, functions: Collection | None) -> None:
        self._context = context
        self._functions = functions
        self._offers: dict[str, tuple[str, PluginOffer | None]] = {}

    def offered(self) -> list[Wire]:
        """List the models, as the server's own address for base models does."""
        found = {row["id"]: row for item in self.active("pipe") for row in self._models_of(item)}
        for row in self._samples():
            found[row["id"]] = {**row, **found.get(row["id"], {})}
        return list(found.values())

    def active(self, type_: str) -> list[Item]:
        """List the functions of a type that are switched on."""
        items = self._functions.items() if self._functions else []
        return [item for item in items if item.wire["type"] == type_ and item.wire["is_active"]]

    def offer_of(self, item: Item) -> PluginOffer | None:
        """Ask a function what it offers; None where it does not load."""
        id_, source = str(item.wire["id"]), str(item.wire["content"])
        state = json.dumps([source, item.valves])
        known = self._offers.get(id_)
        if known is None or known[0] != state:
            offer = self._context.plugins.find_offer(id_, source, item.valves)
            known = self._offers[id_] = (state, None if isinstance(offer, LoadFailure) else offer)
        return known[1]

    def forget(self) -> None:
        """Ask every function anew the next time."""
        self._offers.clear()

    def _models_of(self, item: Item) -> list[Wire]:
        offer = self.offer_of(item)
        if offer is None:
            return []
        id_, name = item.wire["id"], item.wire["name"]
        models = [(id_, name)] if offer.models is None else [(f"{id_}.{m['id']}", m["name"]) for m in offer.models]
        return [_pipe_model(item, model_id, title) for model_id, title in models]

    def _samples(self) -> list[Wire]:
        """List the sample models, which are offered as long as the pipe is that they are said to come from."""
        pipe = next((item for item in self.active("pipe") if item.wire["id"] == SAMPLE_PIPE), None)
        if pipe is None or not self._context.notes.get(SAMPLES_NOTE):
            return []
        return [
            {**_pipe_model(pipe, f"{SAMPLE_PIPE}.{model['id']}", model["name"]), **model["more"]}
            for model in sample_models()
        ]


def _pipe_model(item: Item, id_: str, name: str) -> Wire:
    return {
        "id": id_,
        "name": name,
        "object": "model",
        "created": item.wire["created_at"],
        "owned_by": "openai",
        "pipe": {"type": "pipe"},
        "has_user_valves": item.has_user_valves,
    }
