"""The addresses behind ids: how resources of one server name each other, and how files name them."""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING

from cochat_devkit.errors import UsageError
from cochat_devkit.resource import RemoteId, Slug, make_digest
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: a name in files that is no address of ours but the server's own id
RAW = "id:"
_LONGEST_SLUG = 60


class Names(NamedTuple):
    """Know the slugs of one server's resources: by kind and remote id."""

    slugs: Mapping[str, Mapping[RemoteId, Slug]] = MappingProxyType({})

    def ref_of(self, kind: str, remote_id: str) -> str:
        """Write a resource as files do, `tool/web_search`; one that nobody knows as `id:…`."""
        slug = self.slugs.get(kind, {}).get(RemoteId(remote_id))
        return f"{RAW}{remote_id}" if slug is None else f"{kind}/{slug}"

    def id_of(self, ref: str) -> RemoteId:
        """Find the id behind an address.

        Raises:
            UsageError: this server has no such resource.
        """
        if ref.startswith(RAW):
            return RemoteId(ref.removeprefix(RAW))
        kind, _, slug = ref.partition("/")
        for remote_id, known in self.slugs.get(kind, {}).items():
            if known == slug:
                return remote_id
        raise UsageError(f"the server has no {ref}", hint="push that first, or take it out")


def to_slug(name: str) -> str:
    """Make a slug of a name: letters of any language, digits and underscores stay, all else becomes hyphens."""
    plain = unicodedata.normalize("NFC", name).casefold()
    return re.sub(r"\W+", "-", plain).strip("-")[:_LONGEST_SLUG].strip("-") or "untitled"


def assign_slugs(natural: Iterable[tuple[RemoteId, str]], known: Mapping[RemoteId, Slug]) -> dict[RemoteId, Slug]:
    """Give each resource its slug: the one it has, else the natural one; equal ones are told apart by their ids.

    `natural` is in the order in which the resources were made, so that the first keeps the plain name.
    """
    found: dict[RemoteId, Slug] = {}
    taken = {*known.values()}
    for remote_id, name in natural:
        slug = known.get(remote_id) or Slug(name)
        if remote_id not in known and slug in taken:
            slug = Slug(f"{slug}-{make_digest(remote_id.encode('utf-8', 'surrogatepass'))[:6]}")
        found[remote_id] = slug
        taken.add(slug)
    return found
