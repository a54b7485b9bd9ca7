"""Open what the verbs work on: the workspace, the server, the mirror."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from cochat_devkit.errors import OtherAccount, UnknownResource
from cochat_devkit.kinds import all_kinds, parse_ref
from cochat_devkit.kinds.kind import Endpoint
from cochat_devkit.resource import Key, Slug
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cochat_devkit.api.client import Client
    from cochat_devkit.api.probe import ServerFacts
    from cochat_devkit.config import Config, Target
    from cochat_devkit.credentials import Credential
    from cochat_devkit.events import Emit, Report
    from cochat_devkit.kinds import Kind


_WILDCARD = r"[*?\[]"


class Session(NamedTuple):
    """Hold a connection to a target: who we are there, and what the server is."""

    target: Target
    credential: Credential
    client: Client
    facts: ServerFacts
    #: how many requests it took to find out what the server is and who we are there
    probe_requests: int = 0


class Selection(NamedTuple):
    """Say which resources a command is about; everything where no address was given."""

    patterns: tuple[tuple[Key, str | None], ...] = ()
    kinds: tuple[Kind, ...] = ()

    def has(self, key: Key, type_: str) -> bool:
        """Tell whether a resource is meant. `type_` is its type within the kind."""
        if not any(kind.name == key.kind for kind in self.kinds):
            return False
        return not self.patterns or any(_fits(key, type_, pattern, wanted) for pattern, wanted in self.patterns)

    def pick(self, known: Mapping[tuple[str, str], str]) -> set[tuple[str, str]]:
        """Pick what is meant out of types by (kind, slug): `check_known` and `has`, for ten thousand at once.

        Raises:
            UnknownResource: an address without a wildcard names nothing.
        """
        names = {kind.name for kind in self.kinds}
        if not self.patterns:
            return {address for address in known if address[0] in names}
        picked: set[tuple[str, str]] = set()
        for pattern, wanted in self.patterns:
            is_wild, address = re.search(_WILDCARD, pattern.slug), (pattern.kind, str(pattern.slug))
            among = known if is_wild else {address} & known.keys()
            fitting = {each for each in among if _fits(Key(each[0], Slug(each[1])), known[each], pattern, wanted)}
            if not fitting and not is_wild:
                self.check_known((Key(kind, Slug(slug)), type_) for (kind, slug), type_ in known.items())
            picked |= {each for each in fitting if each[0] in names}
        return picked

    def check_known(self, known: Iterable[tuple[Key, str]]) -> None:
        """Make sure that every address without a wildcard names something among (key, type).

        Raises:
            UnknownResource: one does not.
        """
        found = list(known) if self.patterns else []
        for pattern, wanted in self.patterns:
            if not re.search(_WILDCARD, pattern.slug) and not any(_fits(*each, pattern, wanted) for each in found):
                import difflib

                slugs = [key.slug for key, _type in found if key.kind == pattern.kind]
                close = difflib.get_close_matches(pattern.slug, slugs, n=1)
                ref = f"{wanted or pattern.kind}/{pattern.slug}"
                hint = f"did you mean {wanted or pattern.kind}/{close[0]}?" if close else "see cochat ls"
                raise UnknownResource(f"there is no {ref}", hint=hint)


def select(refs: Sequence[str] = (), kinds: Sequence[str] = ()) -> Selection:
    """Read the addresses and kinds of a command line; `tools`, `tool/*` and `tool/x` are all understood.

    Raises:
        UsageError: an address is none, or names a kind that there is not.
    """
    patterns = [parse_ref(ref) for ref in refs]
    patterns += [parse_ref(f"{kind}/*") for kind in kinds]
    named = {key.kind for key, _type in patterns}
    return Selection(
        tuple(patterns), tuple(kind for kind in all_kinds() if kind.name in named or not (named or kind.is_on_request))
    )


def exactly(ref: str) -> str:
    """Write an address as a pattern of that resource alone, whatever signs its name has."""
    word, slash, slug = ref.partition("/")
    return word + slash + re.sub(_WILDCARD, lambda sign: f"[{sign[0]}]", slug)


def as_whoever_signs_in(work: Callable[[], Report]) -> Report:
    """Do a piece of work that begins with what the mirror knows; begin anew where it is another account that signs in.

    The target is remembered as theirs by then, so that their open steps are settled and their rows decide.

    Raises:
        OtherAccount: the account changed once more meanwhile; nothing was done.
    """
    try:
        return work()
    except OtherAccount:
        return work()


@contextmanager
def connect(config: Config, target_name: str | None, emit: Emit, *, listing: Sequence[Kind] = ()) -> Iterator[Session]:
    """Find out what the target's server is and who we are there; it begins to list the kinds that are named.

    Raises:
        MissingToken: no credentials.
        RemoteError: the server cannot be asked, or refuses.
    """
    from cochat_devkit.api.client import Client
    from cochat_devkit.api.probe import fetch_server_facts
    from cochat_devkit.api.transport import Transport
    from cochat_devkit.credentials import read_credential
    from cochat_devkit.workspace.blobs import keep_blob

    target = config.target_named(target_name)
    credential = read_credential(target.url)
    with Transport(target.url, credential.token, emit=emit) as transport:
        facts, identity = fetch_server_facts(transport)
        client = Client(
            transport,
            facts.dialect,
            identity,
            overrides=_overrides(target),
            keep_blob=partial(keep_blob, config.root),
        )
        session = Session(target, credential, client, facts, client.request_count)
        if listing:
            client.begin_listing(listing)
        yield session


def _overrides(target: Target) -> dict[str, dict[str, Endpoint]]:
    return {
        kind: {column: Endpoint(method, path) for column, (method, path) in rows.items()}
        for kind, rows in target.endpoints.items()
    }


def _fits(key: Key, type_: str, pattern: Key, wanted: str | None) -> bool:
    from fnmatch import fnmatchcase

    if key.kind != pattern.kind or (wanted is not None and type_ not in ("", wanted)):
        return False
    return key.slug == pattern.slug or fnmatchcase(key.slug, Slug(pattern.slug))
