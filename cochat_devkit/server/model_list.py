"""The list of models that can be chatted with: base models, what is laid over them, and agents.

Source: Open WebUI 0.12.4 and 0.6.43, utils/models.py; checked by tests/contract/test_model_list.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.server.models import with_variables, without_picture

if TYPE_CHECKING:
    from cochat_devkit.plugin import PluginOffer
    from cochat_devkit.resource import Json, Wire
    from cochat_devkit.server.access import Caller
    from cochat_devkit.server.base_models import BaseModels
    from cochat_devkit.server.context import ServerContext
    from cochat_devkit.server.item import Item
    from cochat_devkit.server.models import Models

_NO_FUNCTIONS: Wire = {"actions": [], "filters": []}


class ModelList:
    """Put the list of models together."""

    def __init__(self, context: ServerContext, base: BaseModels, models: Models) -> None:
        self._context = context
        self._base = base
        self._models = models
        self._is_old = context.dialect.generation == "0.6"
        #: the base models of the last time; the 0.12 generation falls back to them when there are none any more
        self._last: list[Wire] = []
        self._listed: frozenset[str] | None = None

    def chattable(self, caller: Caller, *, refresh: bool) -> list[Wire]:
        """List the models that a caller may chat with; none at all where there is no base model."""
        return [row for row in self._all(refresh=refresh) if self._may_chat(caller, row)]

    def ids(self) -> set[str]:
        """Name all models that are listed to an admin."""
        return {row["id"] for row in self._all(refresh=False)}

    def base_ids(self) -> frozenset[str]:
        """Name the base models that were listed the last time: what came since nobody knows of."""
        if self._listed is None:
            self._all(refresh=False)
        return self._listed or frozenset()

    def _all(self, *, refresh: bool) -> list[Wire]:
        rows = self._base_models(refresh=refresh)
        self._listed = frozenset(row["id"] for row in rows)
        if not rows:
            return []
        if self._is_old:
            rows.append(_arena(self._context.clock()))
        found = {row["id"]: row for row in rows}
        for model in self._models.list_all():
            self._lay(model, found)
        functions = _Functions(self._base)
        return [self._finished(row, functions) for row in found.values()]

    def _base_models(self, *, refresh: bool) -> list[Wire]:
        if refresh:
            self._base.forget()
            self._last = []
        found = self._base.offered()
        if found or self._is_old:
            self._last = found
        return [dict(row) for row in self._last]

    def _lay(self, model: Wire, found: dict[str, Wire]) -> None:
        """Lay a workspace model over the list: over the model of its id, or beside the others as an agent."""
        id_, base_id = model["id"], model["base_model_id"]
        if base_id is None:
            if id_ in found and model["is_active"]:
                found[id_] = {**found[id_], "name": model["name"], "info": self._info(model)}
            else:
                found.pop(id_, None)
        elif model["is_active"] and id_ not in found:
            base = found.get(base_id) or found.get(base_id.split(":")[0]) or {}
            found[id_] = {
                "id": id_,
                "name": model["name"],
                "object": "model",
                "created": model["created_at"],
                "owned_by": base.get("owned_by", "openai"),
                "connection_type": None,
                "preset": True,
                **({"pipe": base["pipe"]} if "pipe" in base else {}),
                "info": self._info(model),
            }

    def _info(self, model: Wire) -> Wire:
        """Tell of a model all but its params, which are nobody's business here, and its picture."""
        if self._is_old:
            return without_picture({key: each for key, each in model.items() if key != "params"})
        return {**without_picture(with_variables(model)), "params": {}}

    def _finished(self, row: Wire, functions: _Functions) -> Wire:
        meta: Wire = (row.get("info") or {}).get("meta") or {}
        return {**row, **functions.of(meta), "tags": _tags(meta)}

    def _may_chat(self, caller: Caller, row: Wire) -> bool:
        is_sample = "pricing" in row  # which everybody may use, as on CoChat
        if caller.is_admin or is_sample:
            return True
        model = self._models.rows.get(row["id"])
        return model is not None and self._models.rows.may(caller, "read", model)


class _Functions:
    """Know the actions and filters that are on, for one answer."""

    def __init__(self, base: BaseModels) -> None:
        self._actions = _with_offers(base, "action")
        self._filters = _with_offers(base, "filter")

    def of(self, meta: Wire) -> Wire:
        """Name the actions of a model, and those of its filters that people can switch."""
        if not (self._actions or self._filters):
            return _NO_FUNCTIONS
        actions = _chosen(self._actions, meta.get("actionIds"))
        actions.sort(key=lambda pair: (pair[1].priority, pair[0].wire["id"]))
        filters = sorted(_chosen(self._filters, meta.get("filterIds")), key=lambda pair: str(pair[0].wire["id"]))
        return {
            "actions": [row for item, offer in actions for row in _action_rows(item, offer)],
            "filters": [
                {**_function_row(item, offer), "has_user_valves": item.has_user_valves}
                for item, offer in filters
                if offer.toggle
            ],
        }


_Offered = tuple["Item", "PluginOffer"]


def _with_offers(base: BaseModels, type_: str) -> list[_Offered]:
    found = [(item, base.offer_of(item)) for item in base.active(type_)]
    return [(item, offer) for item, offer in found if offer is not None]


def _chosen(offered: list[_Offered], ids: Json) -> list[_Offered]:
    return [(item, offer) for item, offer in offered if item.wire["is_global"] or item.wire["id"] in (ids or [])]


def _function_row(item: Item, offer: PluginOffer) -> Wire:
    meta = item.wire["meta"]
    icon = meta.get("manifest", {}).get("icon_url") or offer.icon
    names = {"id": item.wire["id"], "name": item.wire["name"]}
    return {**names, "description": meta.get("description"), "icon": icon}


def _action_rows(item: Item, offer: PluginOffer) -> list[Wire]:
    row = _function_row(item, offer)
    if offer.actions is None:
        return [row]
    return [
        {
            **row,
            "id": f"{row['id']}.{each['id']}",
            "name": each.get("name", f"{row['name']} ({each['id']})"),
            "icon": each.get("icon_url", row["icon"]),
        }
        for each in offer.actions
    ]


def _tags(meta: Wire) -> list[Wire]:
    tags = [each for each in meta.get("tags") or [] if isinstance(each, dict) and each.get("name")]
    return list({each["name"]: {"name": each["name"]} for each in tags}.values())


def _arena(now: int) -> Wire:
    """Make the model that is two models, which the 0.6 generation offers beside any others."""
    meta = {"description": None, "model_ids": None}
    names = {"id": "arena-model", "name": "Arena Model", "object": "model", "created": now}
    return {**names, "owned_by": "arena", "arena": True, "info": {"meta": meta}}
