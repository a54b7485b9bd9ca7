"""Claims: what here stands for a resource on the server, or names it, beside the address that is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from cochat_devkit.events import Outcome
from cochat_devkit.kinds import all_kinds, kind_named, ref_of
from cochat_devkit.kinds.references import naming_of, refs_in
from cochat_devkit.kinds.wire import new_remote_id, slugs_for
from cochat_devkit.operations.observe import kinds_beside
from cochat_devkit.operations.offline import local_side
from cochat_devkit.resource import State
from cochat_devkit.sync.decide import Action, Reason
from cochat_devkit.workspace.tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cochat_devkit.api.client import Client
    from cochat_devkit.config import Config
    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.mirror.rows import Row
    from cochat_devkit.operations.records import Records
    from cochat_devkit.resource import Key, RemoteId, Slug
    from cochat_devkit.workspace.tree import Tree


def type_of(key: Key, rows: Mapping[Key, Row], tree: Tree) -> str:
    """Say the type of a resource, as its file has it, else as the mirror knows it."""
    if key in tree.found:
        return tree.found[key].type
    return rows[key].type if key in rows else ""


@dataclass
class Claims:
    """Know which addresses here stand for one resource on the server, and which files name it.

    `tree` is what is to be sent, and `files` what lies here, sent or not.
    """

    config: Config
    client: Client
    records: Records
    rows: Mapping[Key, Row]
    tree: Tree
    files: Tree
    #: by kind, and whether their files lie here: the addresses that are known
    _known: dict[tuple[str, bool], dict[RemoteId, list[Key]]] = field(default_factory=dict)
    #: by kind: what lies here as this kind or as one beside it
    _bearers: dict[str, dict[RemoteId, list[Key]]] = field(default_factory=dict)
    #: by kind: the ids there by the slugs that their names give
    _ids: dict[str, dict[Slug, RemoteId]] = field(default_factory=dict)

    def obstacle(self, key: Key) -> Outcome | None:
        """Say what keeps a resource from being sent, or deleted there; None where nothing else claims or names it.

        Raises:
            RemoteError: the server could not be asked.
        """
        other = self.find_other(key)
        if other is not None:
            return self._held_for(key, other)
        users = self.find_users(key)
        return self._held_for_users(key, users) if users else None

    def find_other(self, key: Key) -> Key | None:
        """Find the other address that stands for what `key` names on the server, or would come to name."""
        kind, row = kind_named(key.kind)[0], self.rows.get(key)
        if key not in self.tree.found:
            others = self._read_bearers(kind).get(row.remote_id, []) if row else []
        elif not self.client.endpoints(kind).makes_id:
            return None
        elif row is not None:
            others = self._addresses(kind, lying=True).get(row.remote_id, [])
        else:
            left = self._addresses(kind, lying=False)
            remote_id = self._ids_of(kind).get(key.slug) if left else None
            others = left.get(remote_id, []) if remote_id else []
        return next((each for each in others if each != key), None)

    def find_users(self, key: Key) -> list[str]:
        """List the files here that name what is to be deleted: the server may take it out of what they stand for."""
        if key in self.tree.found or key not in self.rows:
            return []
        row = self.rows[key]
        naming = naming_of(kind_named(key.kind)[0], key.slug, row.type, row.remote_id)
        return [path for path, refs in self._named_here.items() if not refs.isdisjoint(naming.refs)]

    @cached_property
    def _named_here(self) -> dict[str, set[str]]:
        """List by its file the addresses that each resource here names."""
        kinds = [kind for kind in all_kinds() if kind.form and any(each.codec.refers for each in kind.fields)]
        found = read_tree(self.config.root, kinds).found.values()
        named = {each.path: {*refs_in(kind_named(each.key.kind)[0], each.resource.body)} for each in found}
        return {path: refs for path, refs in sorted(named.items()) if refs}

    def _held_for_users(self, key: Key, users: Sequence[str]) -> Outcome:
        """Say that something is not deleted there, since other resources here name it."""
        error = f"not deleted there: {', '.join(users)} {'names' if len(users) == 1 else 'name'} it"
        hint = f"take it out of {'that file' if len(users) == 1 else 'those files'} first, then push again"
        return Outcome(self._ref(key), str(Action.CONFLICT), str(Reason.DELETED_HERE), None, 3, error, hint)

    def _addresses(self, kind: Kind, *, lying: bool) -> dict[RemoteId, list[Key]]:
        """List by their ids the addresses that are known of a kind: those whose files lie here, or those that left."""
        if (kind.name, lying) not in self._known:
            found: dict[RemoteId, list[Key]] = {}
            for key, row in self.rows.items():
                is_absent = local_side(self.files, key, row.path).state is State.ABSENT
                if key.kind == kind.name and is_absent is not lying:
                    found.setdefault(row.remote_id, []).append(key)
            self._known[kind.name, lying] = found
        return self._known[kind.name, lying]

    def _read_bearers(self, kind: Kind) -> dict[RemoteId, list[Key]]:
        """List what lies here by the ids that it has on the server, or would have: of a kind and those beside it."""
        if kind.name not in self._bearers:
            kinds = kinds_beside(self.client, kind)
            rows = {**self.records.known(each.name for each in kinds), **self.rows}
            found: dict[RemoteId, list[Key]] = {}
            for each in (kind, *kinds):
                tree = self.files if each is kind else read_tree(self.config.root, [each])
                for key in (key for key in (*tree.found, *tree.unreadable) if key.kind == each.name):
                    remote_id = rows[key].remote_id if key in rows else self._new_id(each, key)
                    if remote_id is not None:
                        found.setdefault(remote_id, []).append(key)
            self._bearers[kind.name] = found
        return self._bearers[kind.name]

    def _new_id(self, kind: Kind, key: Key) -> RemoteId | None:
        """Say which id the server has for what we never met there; None where it has yet to make one."""
        endpoints = self.client.endpoints(kind)
        return self._ids_of(kind).get(key.slug) if endpoints.makes_id else new_remote_id(endpoints, key.slug)

    def _ids_of(self, kind: Kind) -> dict[Slug, RemoteId]:
        """List the ids that the server made for a kind, by the slugs that their names give."""
        if kind.name not in self._ids:
            client = self.client
            slugs = slugs_for(kind, client.fetch_names(kind), {}, client.endpoints(kind))
            self._ids[kind.name] = {slug: remote_id for remote_id, slug in slugs.items()}
        return self._ids[kind.name]

    def _held_for(self, key: Key, other: Key) -> Outcome:
        """Say that something is not sent, or not deleted there, since another address stands for the same."""
        ref, same = self._ref(key), f"on the server it is the same as {self._ref(other)}"
        local, twin = self.tree.found.get(key), self.files.found.get(other)
        place = twin.path if twin else f"the file of {self._ref(other)}"
        if local is None and other.kind != key.kind:
            reason, error = Reason.DELETED_HERE, f"not deleted there: {same}, which lies here"
            folder = kind_named(key.kind)[0].folders[type_of(key, self.rows, self.tree)]
            hint = f"move {place} to {folder}/; to delete it, take that file away as well"
        elif local is None:
            reason, error = Reason.DELETED_HERE, f"not deleted there: {same}, which lies here"
            hint = f"if it was moved, state `id: {key.slug}` in {place}; to delete it, take that file away as well"
        elif key in self.rows:
            reason, error = Reason.EDITED_HERE, f"not sent: {same}, which lies here as well"
            hint = f"keep one of both: {local.path} or {place}"
        else:
            reason, error = Reason.NEW_HERE, f"not sent: {same}, whose file is gone from here"
            hint = (
                f"if it was moved, state `id: {other.slug}` in {local.path}; if it is another, name its file otherwise"
            )
        return Outcome(ref, str(Action.CONFLICT), str(reason), local.path if local else None, 3, error, hint)

    def _ref(self, key: Key) -> str:
        return ref_of(key, type_of(key, self.rows, self.tree))
