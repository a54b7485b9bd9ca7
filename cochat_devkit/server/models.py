"""The workspace models of the local server: agents, and what is laid over base models.

Source: Open WebUI 0.12.4 and 0.6.43, routers/models.py; checked by tests/contract/test_models.py.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from cochat_devkit.server import pages
from cochat_devkit.server.chat_variables import chat_variables_schema
from cochat_devkit.server.forms import CONTROL
from cochat_devkit.server.model_manners import MODEL_MANNERS
from cochat_devkit.server.owned_rows import OwnedRows, is_storable
from cochat_devkit.server.quirks import (
    MODEL_ID_TAKEN,
    MODEL_ID_TOO_LONG,
    NOT_FOUND_401,
    PROHIBITED,
    UNAUTHORIZED_401,
    Refusal,
)
from cochat_devkit.server.refusals import refused
from cochat_devkit.server.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from cochat_devkit.resource import Json, Wire
    from cochat_devkit.server.access import Caller
    from cochat_devkit.server.context import ServerContext
    from cochat_devkit.server.pages import Wish

_TAKEN = Refusal(401, MODEL_ID_TAKEN)
_TOO_LONG = Refusal(400, MODEL_ID_TOO_LONG)
_PROHIBITED_400 = Refusal(400, PROHIBITED)
_PROHIBITED_403 = Refusal(403, PROHIBITED)
_NO_BACKGROUND = Refusal(403, "Background image is not accessible.")
_VERSION_MISSING = Refusal(404, "Model version not found")
#: what of `meta` an update keeps when it is left out, where it keeps anything
_KEPT_META = ("profile_image_url", "background_image_url", "voice_avatar")
#: what of `meta` is no part of a version: it belongs to the model as it is now, or is told anew each time
_LIVE_META = ("hidden", "chat_variables_schema")


class Models:
    """Keep workspace models. Every method answers as the real server does, or raises its refusal.

    `base_ids` names the models that the server itself offers.
    """

    def __init__(self, context: ServerContext, base_ids: Callable[[], Collection[str]]) -> None:
        self.manners = MODEL_MANNERS[context.dialect.generation]
        self.rows = OwnedRows(context, name="model", plural="models", key="id")
        self.versions = Versions(context, owner="model", table="models history", missing=_VERSION_MISSING)
        self.is_versioned = context.dialect.has_versions
        self._base_ids = base_ids
        self._context = context

    def list_page(self, caller: Caller, wish: Wish) -> Wire:
        """List one page of agents."""
        rows = [
            row for row in self.rows.all() if row["base_model_id"] is not None and self._is_wished(caller, row, wish)
        ]
        usual = "created_at" if caller.is_admin and wish.is_plain else None
        shown = pages.cut_page(pages.ordered(rows, wish, usual=usual), wish.page)
        items = [{**self._tell(caller, row), "user": self.rows.show_owner(row)} for row in shown]
        return {
            "items": items if self.manners.lists_pictures else [without_picture(each) for each in items],
            "total": len(rows),
        }

    def list_all(self) -> list[Wire]:
        """List everything, as an admin sees it."""
        return self.rows.all()

    def list_overrides(self, tag: str | None = None) -> list[Wire]:
        """List what is laid over base models."""
        rows = [row for row in self.rows.all() if row["base_model_id"] is None]
        return [row for row in rows if tag in _tags_of(row)] if tag and self.manners.narrows_more else rows

    def list_tags(self, caller: Caller, *, of_agents: bool) -> list[str]:
        """List the tags of agents, or of what is laid over base models."""
        rows = [row for row in self.rows.all() if (row["base_model_id"] is not None) == of_agents]
        seen = [row for row in rows if self.rows.may(caller, self.manners.tags_of, row)]
        return sorted({tag for row in seen for tag in _tags_of(row)})

    def export(self, caller: Caller, ids: list[str] | None) -> list[Wire]:
        """List the agents that a caller may write, pictures included; all that were asked for, or none."""
        if not self.rows.is_permitted(caller, "models_export"):
            raise refused(UNAUTHORIZED_401)
        agents = [row for row in self.rows.all() if row["base_model_id"] is not None]
        rows = [row for row in agents if self.rows.may(caller, "write", row)]
        if not self.manners.narrows_more:
            return rows
        if ids is not None:
            rows = [row for row in rows if row["id"] in ids]
            if {row["id"] for row in rows} != set(ids):
                raise refused(_PROHIBITED_403)
        return [{**row, "background_image_data": None} for row in rows]

    def show(self, caller: Caller, id_: str) -> Json:
        """Show one model; None where nothing is told to somebody who may not read it."""
        row = self.rows.find(id_, self.manners.missing_on_read)
        is_enough = self.manners.tells_more and self.rows.may(caller, "write", row)
        if is_enough or self.rows.may(caller, "read", row):
            told = self._tell(caller, row)
            return {**told, "user": None} if self.manners.tells_more else told
        if self.manners.not_readable:
            raise refused(self.manners.not_readable)
        return None

    def create(self, caller: Caller, form: Any) -> Wire:
        """Make a model."""
        if not self.rows.is_permitted(caller, "models"):
            raise refused(UNAUTHORIZED_401)
        if not self.manners.is_id(form.id):
            raise refused(_TOO_LONG)
        self._drop_own_base(form)
        with self._context.store.writing():
            if self.rows.get(form.id):
                raise refused(_TAKEN)
            if self.manners.guards_bases and not caller.is_admin:
                self._refuse_base(form)
            return self._add(caller, form)

    def update(self, caller: Caller, form: Any) -> Wire:
        """Write a model anew: what of `meta` and `params` is left out is lost."""
        with self._context.store.writing():
            row = self.rows.find(form.id, NOT_FOUND_401)
            self.rows.refuse_others(caller, "write", row, _PROHIBITED_400)
            if self.manners.keeps_what_is_left_out:
                _keep_what_is_left_out(form, row)
            self._drop_own_base(form)
            loses_base = row["base_model_id"] is not None and form.base_model_id is None
            if self.manners.guards_bases and loses_base and not caller.is_admin:
                raise refused(UNAUTHORIZED_401)
            return self._write(caller, row, form)

    def toggle(self, caller: Caller, id_: str) -> Wire:
        """Turn the switch over."""
        with self._context.store.writing():
            row = self.rows.find(id_, NOT_FOUND_401)
            self.rows.refuse_others(caller, "write", row, UNAUTHORIZED_401)
            changes = {"is_active": not row["is_active"], "updated_at": self._context.clock()}
            return self.rows.put({**row, **changes})

    def delete(self, caller: Caller, id_: str) -> bool:
        """Take a model out, with its versions."""
        with self._context.store.writing():
            row = self.rows.find(id_, NOT_FOUND_401)
            self.rows.refuse_others(caller, "write", row, UNAUTHORIZED_401)
            self.rows.remove(id_)
            self.versions.forget(id_)
        return True

    def set_access(self, caller: Caller, id_: str, name: str | None, grants: list[Wire]) -> Wire:
        """Replace who may read and write; an admin makes what nobody has saved yet."""
        with self._context.store.writing():
            row = self.rows.get(id_)
            if row is None:
                if not caller.is_admin:
                    raise refused(_PROHIBITED_403)
                row = self._add(
                    caller, self.manners.form.model_validate({"id": id_, "name": name or id_, "meta": {}, "params": {}})
                )
            self.rows.refuse_others(caller, "write", row, _PROHIBITED_400)
            given = self.rows.new_grants(grants, caller, id_)
            return self.rows.put({**row, **given, "updated_at": self._context.clock()})

    def import_all(self, caller: Caller, models: list[Wire]) -> bool:
        """Write models over what is there, one after the other, and add the others; an error ends it half way."""
        if not self.rows.is_permitted(caller, "models_import"):
            raise refused(UNAUTHORIZED_401)
        for model in models:
            if self.manners.is_id(model.get("id")):
                try:
                    with self._context.store.writing():
                        self._import(caller, model)
                except ValidationError as error:
                    raise refused(Refusal(self.manners.import_failed, "{error}"), error=str(error)) from error
        return True

    def restore(self, form: Any, version_id: str) -> Wire:
        """Write a version back: switch and visibility stay as they are now, and no version is added."""
        with self._context.store.writing():
            row = self.rows.find(form.id, NOT_FOUND_401)
            saved = _saved(form)
            live = {key: row["meta"][key] for key in ("hidden",) if key in row["meta"]}
            meta = {**{key: each for key, each in saved["meta"].items() if key != "hidden"}, **live}
            changes = {**saved, "meta": meta, "is_active": row["is_active"], "version_id": version_id}
            return self.rows.put({**row, **changes, "updated_at": self._context.clock()})

    def forget_base(self, caller: Caller, base_id: str) -> None:
        """Take a knowledge base that is being deleted out of every model that names it; inside `writing()`."""
        for row in self.rows.all():
            named = row["meta"].get("knowledge") or []
            kept = [each for each in named if each.get("id") != base_id]
            if len(kept) != len(named):
                meta = {**row["meta"], "knowledge": kept}
                self._write(caller, row, self.manners.form(**{**row, "meta": meta}))

    def _import(self, caller: Caller, model: Wire) -> None:
        known = self.rows.get(model["id"])
        wanted = {**model, "meta": model.get("meta") or {}, "params": model.get("params") or {}}
        if known is None:
            form = self.manners.form(**wanted)
            self._drop_own_base(form)
            if not self.manners.guards_bases or caller.is_admin or self._has_own_base(form):
                self._add(caller, form)
            return
        if self.manners.guards_bases and not self.rows.may(caller, "write", known):
            raise refused(_TAKEN)
        if self.manners.import_merges_meta:
            wanted["meta"] = {**known["meta"], **wanted["meta"]}
        form = self.manners.form(**{**known, **wanted})
        self._drop_own_base(form)
        loses_base = known["base_model_id"] is not None and form.base_model_id is None
        if not (self.manners.guards_bases and loses_base and not caller.is_admin):
            self._write(caller, known, form)

    def _add(self, caller: Caller, form: Any) -> Wire:
        self._refuse_unstorable(form, {})
        now = self._context.clock()
        given = self.rows.first_access(form.model_dump(), caller, form.id)
        row = {"id": form.id, "user_id": caller.id, **_saved(form), **given, "updated_at": now, "created_at": now}
        return self.rows.put(self._versioned(caller, row, None, form))

    def _write(self, caller: Caller, row: Wire, form: Any) -> Wire:
        self._refuse_unstorable(form, row["meta"])
        changes = _saved(form)
        if self.manners.keeps_what_is_left_out and "is_active" not in form.model_fields_set:
            changes["is_active"] = row["is_active"]
        if CONTROL in row:
            changes[CONTROL] = form.access_control
        if self.manners.update_moves_time:
            changes["updated_at"] = self._context.clock()
        return self.rows.put(self._versioned(caller, {**row, **changes}, row, form))

    def _versioned(self, caller: Caller, row: Wire, before: Wire | None, form: Any) -> Wire:
        """Add the version that a save makes, where there are versions."""
        if not self.is_versioned or (before and snapshot_of(before) == snapshot_of(row)):
            return row
        parent = before["version_id"] if before else None
        entry = self.versions.add(
            row["id"], snapshot_of(row), user_id=caller.id, parent_id=parent, message=form.commit_message
        )
        return {**row, "version_id": entry.id}

    def _is_wished(self, caller: Caller, row: Wire, wish: Wish) -> bool:
        return (
            self.manners.is_listed(caller, row)
            and wish.is_of(row["user_id"], caller.id)
            and (not wish.query or wish.is_found_in(self._searched(row)))
            and (not wish.tag or _has_word(row["meta"], wish.tag))
        )

    def _searched(self, row: Wire) -> list[str | None]:
        owner: Json = self.rows.show_owner(row) if self.manners.narrows_more else None
        names = [owner["name"], owner["email"]] if owner else []
        return [row["name"], row["base_model_id"], *names]

    def _tell(self, caller: Caller, row: Wire) -> Wire:
        """Show a model to somebody who may see it."""
        if not self.manners.tells_more:
            return row
        can_write = self.rows.may(caller, "write", row)
        params = {} if self.manners.hides_params and not can_write else row["params"]
        return {**with_variables(row), "params": params, "write_access": can_write}

    def _drop_own_base(self, form: Any) -> None:
        if self.manners.guards_bases and form.base_model_id == form.id:
            form.base_model_id = None

    def _refuse_base(self, form: Any) -> None:
        """Refuse an ordinary user who would change a model of the server itself."""
        if not form.base_model_id:
            raise refused(UNAUTHORIZED_401)
        if form.id in self._base_ids():
            raise refused(_TAKEN)

    def _has_own_base(self, form: Any) -> bool:
        """Tell whether an ordinary user may import a model: one without a base is left out, a taken id refused."""
        if form.base_model_id and form.id in self._base_ids():
            raise refused(_TAKEN)
        return bool(form.base_model_id)

    def _refuse_unstorable(self, form: Any, meta: Wire) -> None:
        if not is_storable(form.id, form.name, form.base_model_id):
            raise refused(self.manners.not_stored)
        background = getattr(form.meta, "background_image_url", None)
        if self.manners.checks_backgrounds and background and background != meta.get("background_image_url"):
            raise refused(_NO_BACKGROUND)


def snapshot_of(row: Wire) -> Wire:
    """Take down what makes a version."""
    meta = {key: each for key, each in row["meta"].items() if key not in _LIVE_META}
    kept = {key: row[key] for key in ("name", "base_model_id", "params")}
    return copy.deepcopy({**kept, "meta": meta})


def with_variables(row: Wire) -> Wire:
    """Show a model with the variables that its system prompt asks for."""
    schema = chat_variables_schema(row["params"].get("system"))
    return {**row, "meta": {**row["meta"], "chat_variables_schema": schema}} if schema else row


def without_picture(row: Wire) -> Wire:
    """Show a model without its picture, which may be large."""
    return {**row, "meta": {key: each for key, each in row["meta"].items() if key != "profile_image_url"}}


def _saved(form: Any) -> Wire:
    whole = form.model_dump()
    saved = {key: whole[key] for key in ("base_model_id", "name", "params", "meta", "is_active")}
    if hasattr(form, "commit_message"):
        saved["meta"].pop("chat_variables_schema", None)
    return saved


def _keep_what_is_left_out(form: Any, row: Wire) -> None:
    if "base_model_id" not in form.model_fields_set:
        form.base_model_id = row["base_model_id"]
    for key in _KEPT_META:
        if key not in form.meta.model_fields_set:
            setattr(form.meta, key, row["meta"].get(key))


def _tags_of(row: Wire) -> list[str]:
    tags = row["meta"].get("tags") or []
    return [each["name"] for each in tags if isinstance(each, dict) and each.get("name")]


def _has_word(meta: Wire, word: str) -> bool:
    """Tell whether a word stands in `meta` as a text of its own, whatever it is there."""
    return json.dumps(word.lower(), ensure_ascii=False) in json.dumps(meta, ensure_ascii=False).lower()
