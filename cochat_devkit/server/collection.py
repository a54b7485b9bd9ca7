"""The resources of one kind on the local server, and what the real server would do to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cochat_devkit.kinds.kind import Rights, WrittenBy
from cochat_devkit.kinds.plugin_source import replace_imports
from cochat_devkit.plugin import LoadFailure, PluginFacts
from cochat_devkit.server import access, forms, quirks
from cochat_devkit.server.history import make_snapshot
from cochat_devkit.server.item import Item, to_json
from cochat_devkit.server.plugins import to_incompatibility
from cochat_devkit.server.refusals import refused
from cochat_devkit.server.tool_servers import tools_offered
from cochat_devkit.server.versions import Versions

if TYPE_CHECKING:
    from cochat_devkit.kinds.kind import Endpoint, Kind, Listing
    from cochat_devkit.resource import Json, Wire
    from cochat_devkit.server.access import Caller, Right
    from cochat_devkit.server.context import ServerContext
    from cochat_devkit.server.people import User
    from cochat_devkit.server.quirks import Refusal
    from cochat_devkit.server.store import Table

#: what a file system takes as a name: the real server makes a folder for each plugin
_LONGEST_ID_BYTES = 255
_PEOPLE_KEY = "user"


@dataclass(frozen=True)
class _Draft:
    """What a save would write: top-level keys, and what loading told."""

    wire: Wire
    facts: PluginFacts | None


class Collection:
    """Keep the resources of one kind. Every method answers as the real server does, or raises its refusal."""

    def __init__(self, kind: Kind, context: ServerContext) -> None:
        self.kind = kind
        self.endpoints = kind.endpoints_for(context.dialect)
        self.has_owners = forms.has_access(kind)
        self.manners = context.quirks.owned if self.has_owners else context.quirks.admins_only
        self.form = forms.make_form(kind, context.dialect, self.manners)
        self.is_versioned = context.dialect.has_versions and "version_id" in kind.derived
        self._context = context
        self.quirks = context.quirks
        self._saved_keys = tuple(forms.saved_fields(kind))
        self._source_key = kind.text.wire[0] if kind.text else ""
        self._items: Table[Item] = context.store.table(kind.plural, parse=Item.parse, dump=Item.dump)
        self._versions = Versions(context, owner=kind.name, table=f"{kind.plural} history", source_key=self._source_key)

    def list_written(self, caller: Caller, listing: Listing, *, with_valves: bool = False) -> bytes:
        """List what a caller may see in one of the listings, as JSON."""
        if listing.for_admins and not self._may_export(caller):
            raise self.refusal(self.manners.export_refused)
        exported = self.manners.exported_valves if with_valves else None
        seen = self._seen(caller, listing)
        if exported is None:
            rows = [self._write(item, listing.endpoint, caller) for item in seen]
        else:
            rows = [to_json(self._shape(item, listing.endpoint, caller, valves=exported)) for item in seen]
        if listing is self.endpoints.listing:
            rows += [to_json(each) for each in self._elsewhere(caller)]
        return b"[" + b",".join(rows) + b"]"

    def show(self, caller: Caller, id_: str) -> bytes:
        """Show one resource, as JSON."""
        item = self.find(id_, self.manners.item_missing)
        if not self.may(caller, "read", item):
            if self.manners.not_readable:
                raise self.refusal(self.manners.not_readable)
            return b"null"
        return self._write(item, self.endpoints.offered("item"), caller, for_readers=True)

    def create(self, caller: Caller, form: Wire) -> bytes:
        """Make a resource, its source loaded where the kind is one of plugins."""
        self._refuse_strangers(caller)
        id_ = self._accept_id(form)
        draft = self._draft(id_, form, is_new=True)
        now = self._context.clock()
        wire = {
            self.endpoints.id_field: id_,
            "user_id": caller.id,
            **{each.wire[0]: False for each in self.kind.fields if each.written_by is WrittenBy.SWITCH},
            **self._access_of(form, caller, id_, now),
            **draft.wire,
            "created_at": now,
            "updated_at": now,
        }
        with self._context.store.writing():
            if self._items.get(id_):
                raise self.refusal(quirks.DUPLICATE)
            item = self._put(id_, Item(wire), draft, caller, form.get("commit_message"))
        if len(id_.encode("utf-8", "replace")) > _LONGEST_ID_BYTES:
            raise self.refusal(self.quirks.id_too_long, id_=id_)
        return self._write(item, self.endpoints.offered("create"), caller)

    def update(self, caller: Caller, id_: str, form: Wire) -> bytes:
        """Write a resource anew: what the form leaves out is lost."""
        if not self.manners.update_loads_first:
            self._refuse_update(caller, self.find(id_, self.manners.update_missing), form)
        draft = self._draft(id_, form, is_new=False)
        item = self.find(id_, self.manners.update_missing)
        self._refuse_unfit_valves(item, draft)
        with self._context.store.writing():
            before = self.find(id_, self.manners.update_missing)
            changed = before.changed(**self._control_of(form), updated_at=self._context.clock())
            item = self._put(id_, changed, draft, caller, form.get("commit_message"))
            answer = self._write(item, self.endpoints.offered("update"), caller)
            self._lay_late_toggle(id_, item, draft)
        return answer

    def delete(self, caller: Caller, id_: str) -> bool:
        """Take a resource out, its versions and valves too; people's own valves stay."""
        with self._context.store.writing():
            item = self._items.get(id_)
            if item is None:
                if self.manners.delete_missing:
                    raise self.refusal(self.manners.delete_missing)
                return True
            self._refuse_others(caller, item)
            self._items.remove(id_)
            self._versions.forget(id_)
        return True

    def flip(self, caller: Caller, id_: str, switch: str) -> bytes:
        """Turn a switch over; asked twice, nothing has changed."""
        key = self.kind.field_named(switch).wire[0]
        with self._context.store.writing():
            item = self.find(id_, self.manners.item_missing)
            self._refuse_others(caller, item)
            flipped = {key: not item.wire[key], "updated_at": self._context.clock()}
            item = self._keep(id_, item.changed(**flipped))
        return self._write(item, self.endpoints.switches[switch], caller)

    def set_access(self, caller: Caller, id_: str, grants: list[Wire], endpoint: Endpoint) -> bytes:
        """Replace who may read and write; neither version nor time moves."""
        with self._context.store.writing():
            item = self.find(id_, quirks.NOT_FOUND_404)
            self._refuse_others(caller, item)
            wanted = access.parse_grants(grants)
            if access.allowed_grants(wanted, caller, kinds=self.kind.plural) != wanted:
                raise self.refusal(quirks.SHARING_FORBIDDEN)
            made = access.make_grants(wanted, kind=self.kind.name, resource_id=id_, now=self._context.clock())
            item = self._keep(id_, item.changed(**{forms.GRANTS: made}))
        return self._write(item, endpoint, caller)

    def may(self, caller: Caller, right: Right, item: Item) -> bool:
        """Tell whether a caller may read or write a resource."""
        return access.may(caller, right, item.wire) if self.has_owners else caller.is_admin

    def find(self, id_: str, missing: Refusal) -> Item:
        """Find a resource, or refuse in these words."""
        item = self._items.get(id_)
        if item is None:
            raise self.refusal(missing)
        return item

    def items(self) -> list[Item]:
        """List the resources, oldest first."""
        return self._items.all()

    def readable_ids(self, caller: Caller) -> list[str]:
        """List the ids of what a caller may read, what external servers offer included."""
        own = [item.wire for item in self._items.all() if self.may(caller, "read", item)]
        return [str(wire[self.endpoints.id_field]) for wire in (*own, *self._elsewhere(caller))]

    def keep_valves(self, id_: str, valves: Wire) -> None:
        """Save valves: the time moves, the version does not."""
        self._refuse_half_characters(valves, self.quirks.valves_failed)
        with self._context.store.writing():
            item = self._items.get(id_)
            if item:
                self._keep(id_, item.changed(updated_at=self._context.clock()).with_valves(valves))

    def source_of(self, item: Item) -> str:
        """Take the source of a resource."""
        return str(item.wire.get(self._source_key) or "")

    def refusal(self, refusal: Refusal, *, error: str = "", id_: str = "") -> Exception:
        """Make the exception for a refusal, in this kind's words."""
        return refused(refusal, kind=self.kind, error=error, id_=id_)

    def versions_of(self, caller: Caller, id_: str) -> Versions:
        """Open the versions of a resource to those who may write it."""
        self._find_versioned(caller, id_)
        return self._versions

    def delete_version(self, caller: Caller, id_: str, version_id: str) -> bool:
        """Take a version out, unless it is the current one."""
        with self._context.store.writing():
            item = self._find_versioned(caller, id_)
            if item.wire["version_id"] == version_id:
                raise self.refusal(quirks.VERSION_IS_CURRENT)
            self._versions.remove(id_, version_id)
        return True

    def restore_version(self, caller: Caller, id_: str, version_id: str) -> bytes:
        """Go back to a version: the resource bears its id again, and no version is added."""
        item = self._find_versioned(caller, id_)
        entry = self._versions.find(id_, version_id)
        snapshot = self.form(**{self.endpoints.id_field: id_, **entry.snapshot}).model_dump()
        self._refuse_update(caller, item, snapshot)
        draft = self._draft(id_, snapshot, is_new=False)
        self._refuse_unfit_valves(item, draft)
        with self._context.store.writing():
            item = self.find(id_, self.manners.update_missing)
            restored = item.changed(**draft.wire, version_id=entry.id, updated_at=self._context.clock())
            item = self._keep(id_, restored.with_facts(draft.facts))
        return self._write(item, self.endpoints.offered("update"), caller)

    def _find_versioned(self, caller: Caller, id_: str) -> Item:
        item = self.find(id_, quirks.HISTORY_MISSING)
        if not self.may(caller, "write", item):
            raise self.refusal(quirks.PROHIBITED_401)
        return item

    def _seen(self, caller: Caller, listing: Listing) -> list[Item]:
        items = self._items.all()
        if self.manners.newest_first or listing is self.endpoints.workspace:
            items.sort(key=lambda item: -item.wire["updated_at"])
        if self.has_owners and not caller.is_admin:
            right: Right = "write" if listing.rights is Rights.WRITABLE else "read"
            items = [item for item in items if access.may(caller, right, item.wire)]
        return items

    def _may_export(self, caller: Caller) -> bool:
        permitted = self.has_owners and caller.is_permitted("workspace", f"{self.kind.plural}_export")
        return caller.is_admin or permitted

    def _may_write_source(self, caller: Caller) -> bool:
        names = (self.kind.plural, f"{self.kind.plural}_import")
        permitted = any(caller.is_permitted("workspace", name) for name in names)
        return caller.is_admin or (self.has_owners and permitted)

    def _elsewhere(self, caller: Caller) -> list[Wire]:
        """List what external servers offer under this kind: listed, and nowhere else."""
        if self.kind.external_prefix is None:
            return []
        offered = [each for each in tools_offered(self._context) if access.may(caller, "read", each)]
        now = self._context.clock()
        empty: Wire = dict.fromkeys((*self.endpoints.offered("create").keys, _PEOPLE_KEY))
        meta = {key: default for key, (_, default) in self.manners.meta_fields.items()}
        return [
            {
                **empty,
                **{key: value for key, value in each.items() if key in empty},
                "meta": {**meta, **each["meta"]},
                "user_id": each["id"],
                "updated_at": now,
                "created_at": now,
            }
            for each in offered
        ]

    def _refuse_strangers(self, caller: Caller) -> None:
        if not self._may_write_source(caller):
            raise self.refusal(quirks.UNAUTHORIZED_401 if self.has_owners else quirks.PROHIBITED_401)

    def _refuse_others(self, caller: Caller, item: Item) -> None:
        if not self.may(caller, "write", item):
            raise self.refusal(quirks.UNAUTHORIZED_401 if self.has_owners else quirks.PROHIBITED_401)

    def _refuse_update(self, caller: Caller, item: Item, form: Wire) -> None:
        self._refuse_others(caller, item)
        is_new = form.get(self._source_key) != item.wire.get(self._source_key)
        if is_new and self.quirks.source_needs_permission and not self._may_write_source(caller):
            raise self.refusal(quirks.UNAUTHORIZED_401)

    def _refuse_unfit_valves(self, item: Item, draft: _Draft) -> None:
        """Refuse a source whose valves do not take the values that are stored."""
        rule = self.quirks.valves_incompatible
        if not (rule and self.kind.plugin and item.valves and draft.facts and draft.facts.valves is not None):
            return
        source = str(draft.wire[self._source_key])
        id_ = str(item.wire[self.endpoints.id_field])
        checked = self._context.plugins.check_valves(self.kind.plugin, id_, source, item.valves)
        complaint = to_incompatibility(checked) if isinstance(checked, LoadFailure) else None
        if complaint:
            raise self.refusal(rule, error=complaint)

    def _accept_id(self, form: Wire) -> str:
        id_ = str(form[self.endpoints.id_field]).lower()
        if not self.kind.is_valid_slug(id_):
            raise self.refusal(quirks.BAD_ID)
        if self._items.get(id_):
            raise self.refusal(quirks.DUPLICATE)
        return id_

    def _draft(self, id_: str, form: Wire, *, is_new: bool) -> _Draft:
        """Make what a save would write; where the source does not load, refuse."""
        failed = self.quirks.create_failed if is_new else self.quirks.update_failed
        wire = {key: form.get(key) for key in self._saved_keys}
        self._refuse_half_characters(wire, failed)
        if self.kind.plugin is None:
            return _Draft(wire, None)
        source = wire[self._source_key] = replace_imports(str(form[self._source_key]))
        facts = self._context.plugins.load(self.kind.plugin, id_, source)
        if isinstance(facts, LoadFailure):
            if self.quirks.failed_update_deactivates and not is_new:
                self._deactivate(id_)
            raise self.refusal(failed, error=facts.message)
        return _Draft({**wire, **self._told_by(facts, wire)}, facts)

    def _refuse_half_characters(self, wire: Wire, failed: Refusal) -> None:
        """Refuse text that no database takes: JSON can name half of a character, UTF-8 cannot write it."""
        try:
            to_json(wire)
        except UnicodeEncodeError as error:
            raise self.refusal(failed, error=str(error)) from error

    def _told_by(self, facts: PluginFacts, wire: Wire) -> Wire:
        """Lay what loading told into the keys that the server derives."""
        told: Wire = {}
        if "specs" in self.kind.derived:
            told["specs"] = facts.specs
        if self.kind.type_field:
            told[self.kind.type_field] = facts.type
        if isinstance(wire.get("meta"), dict):
            known = {
                "manifest": facts.frontmatter,
                "has_user_valves": facts.has_user_valves,
                "toggle": facts.toggle,
            }
            told["meta"] = {**wire["meta"], **{key: known[key] for key in self.manners.meta_facts}}
        return told

    def _deactivate(self, id_: str) -> None:
        with self._context.store.writing():
            item = self._items.get(id_)
            if item and "is_active" in item.wire:
                self._keep(id_, item.changed(is_active=False, updated_at=self._context.clock()))

    def _lay_late_toggle(self, id_: str, item: Item, draft: _Draft) -> None:
        if self.quirks.toggle_is_late and draft.facts and draft.facts.toggle:
            self._keep(id_, item.changed(meta={**item.wire["meta"], "toggle": True}))

    def _access_of(self, form: Wire, caller: Caller, id_: str, now: int) -> Wire:
        if not self.has_owners:
            return {}
        if self._context.dialect.access == "control":
            return {forms.CONTROL: form.get(forms.CONTROL)}
        wanted = access.parse_grants(form.get(forms.GRANTS))
        allowed = access.allowed_grants(wanted, caller, kinds=self.kind.plural)
        return {forms.GRANTS: access.make_grants(allowed, kind=self.kind.name, resource_id=id_, now=now)}

    def _control_of(self, form: Wire) -> Wire:
        """Take the rights that an update writes: left out, the resource is public."""
        is_saved = self.has_owners and self._context.dialect.access == "control"
        return {forms.CONTROL: form.get(forms.CONTROL)} if is_saved else {}

    def _put(self, id_: str, item: Item, draft: _Draft, caller: Caller, message: str | None) -> Item:
        """Write a save, and the version that it makes; inside `writing()`."""
        before = self._snapshot(item.wire)
        item = item.changed(**draft.wire).with_facts(draft.facts)
        if self.is_versioned:
            after, parent = self._snapshot(item.wire), item.wire.get("version_id")
            if parent is None or after != before:
                entry = self._versions.add(id_, after, user_id=caller.id, parent_id=parent, message=message)
                item = item.changed(version_id=entry.id)
        return self._keep(id_, item)

    def _keep(self, id_: str, item: Item) -> Item:
        self._items.put(id_, item)
        return item

    def _snapshot(self, wire: Wire) -> Wire:
        return make_snapshot(wire, self._saved_keys, without=self.manners.unversioned_meta)

    def _write(self, item: Item, endpoint: Endpoint, caller: Caller, *, for_readers: bool = False) -> bytes:
        """Write a resource out as an endpoint shows it, once for each way that it can look."""
        writable = self.may(caller, "write", item)
        look = (endpoint.method, endpoint.path, writable, self._context.people.revision)
        written = item.written.get(look)
        if written is None:
            shape = self._shape(item, endpoint, caller)
            if for_readers and self.quirks.source_is_for_writers and not writable:
                shape.pop(self._source_key, None)
            written = item.written[look] = to_json(shape)
        return written

    def _shape(self, item: Item, endpoint: Endpoint, caller: Caller, *, valves: tuple[Any] | None = None) -> Wire:
        more: Wire = {"write_access": self.may(caller, "write", item), "has_user_valves": item.has_user_valves}
        owner = self._context.people.find(str(item.wire.get("user_id")))
        more[_PEOPLE_KEY] = self._show_owner(owner)
        known = {**more, **item.wire}
        shape = {key: None if key in endpoint.nulls else known.get(key) for key in endpoint.keys or tuple(item.wire)}
        if valves:
            shape["valves"] = valves[0] if item.valves is None else item.valves
        return shape

    def _show_owner(self, owner: User | None) -> Json:
        if owner is None:
            return None
        return owner.to_wire() if self.manners.shows_whole_users else owner.to_short_wire()
