"""Trust: code that came from a server runs here once its owner has said so, and not before.

What has to be trusted is the server's text that a file started from: an edit of one line does not make the others one's
own. Code that no server showed before it was sent from here is its author's, and needs no word.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cochat_devkit.credentials import config_folder
from cochat_devkit.errors import NotTrusted, UsageError
from cochat_devkit.kinds import kind_named, ref_of
from cochat_devkit.mirror.provenance import Basis, read_bases, read_shown
from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.operations.agreed import body_in_git
from cochat_devkit.resource import make_digest
from cochat_devkit.trusted import Trust, read_trust, trust_path, write_trust
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.workspace.lock import workspace_lock
from cochat_devkit.workspace.lockfile import read_entries_about

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cochat_devkit.config import Config
    from cochat_devkit.resource import Body, Key
    from cochat_devkit.workspace.lockfile import Entry
    from cochat_devkit.workspace.tree import LocalResource

#: so many are named one by one in a hint
_NAMED = 3


class Standing(NamedTuple):
    """Say whether the code of a plugin may run here, and where it came from.

    `sources` are the addresses of the servers that its text came from; none where it is its author's own. `text` is the
    digest of its code, `beneath` names the servers' texts that it started from.
    """

    local: LocalResource
    is_trusted: bool
    sources: tuple[str, ...]
    changed_at: datetime | None
    text: str
    beneath: tuple[str, ...]

    @property
    def key(self) -> Key:
        """Name the resource."""
        return self.local.key

    @property
    def ref(self) -> str:
        """Write its address as people do."""
        return ref_of(self.local.key, self.local.type)

    @property
    def state(self) -> str:
        """Say it in a word."""
        return "not trusted" if not self.is_trusted else "trusted" if self.sources else "your own"

    @property
    def why(self) -> str:
        """Say why it does not run."""
        return f"it came from {' and '.join(self.sources)}, and nobody here has said that it may run"


def require_trust(config: Config, plugins: Iterable[LocalResource]) -> None:
    """Let pass what may run here. Whatever executes plugins asks this first.

    Raises:
        NotTrusted: code among them came from a server, and nobody here has said that it may run.
    """
    held = find_untrusted(config, plugins)
    if not held:
        return
    refs = [each.ref for each in held.values()]
    if len(refs) == 1:
        message = f"{refs[0]} was not run: {next(iter(held.values())).why}"
    else:
        named = ", ".join(refs[:_NAMED]) + (", …" if len(refs) > _NAMED else "")
        message = f"{len(refs)} plugins came from servers, and nobody here has said that they may run: {named}"
    raise NotTrusted(message, tuple(held), hint=trust_hint(refs))


def trust_hint(refs: Sequence[str]) -> str:
    """Say how to trust some plugins."""
    return f"look: cochat show {refs[0]}; then: cochat trust {' '.join(refs) if len(refs) <= _NAMED else '--all'}"


def find_untrusted(config: Config, plugins: Iterable[LocalResource]) -> dict[Key, Standing]:
    """Find the plugins among some resources whose code must not run here yet."""
    return {each.key: each for each in look(config, plugins) if not each.is_trusted}


def look(config: Config, resources: Iterable[LocalResource]) -> list[Standing]:
    """Say of each plugin among some resources whether it may run here; nothing is executed."""
    plugins = [each for each in resources if kind_named(each.key.kind)[0].plugin]
    if not plugins:
        return []
    known = read_trust(_path_of(config))
    with MirrorReader(config.mirror_path) as reader:
        looking = _Looking(config.root, reader, plugins)
        return [looking.at(each, known.get(str(each.key), Trust())) for each in plugins]


def trust(config: Config, standings: Iterable[Standing]) -> None:
    """Take in that the code of some plugins, as it was looked at, may run here."""
    with workspace_lock(config.root):
        _keep(config, {each.key: each for each in standings})


def revoke(config: Config, standings: Iterable[Standing]) -> list[Standing]:
    """Take trust back: of which plugins there was any.

    Raises:
        UsageError: one is its author's own: nobody has to be asked about it.
    """
    asked = list(standings)
    for each in asked:
        if not each.sources:
            raise UsageError(f"{each.ref} is your own: it came from no server", hint="see cochat trust --list")
    with workspace_lock(config.root):
        known = read_trust(_path_of(config))
        taken = [each for each in asked if known.pop(str(each.key), None) is not None]
        if taken:
            write_trust(_path_of(config), config.root, known)
    return taken


def keep_own(config: Config, resources: Iterable[LocalResource]) -> None:
    """Remember what may run here and is about to be sent: the server will show it, and it is still one's own.

    The caller holds the workspace's lock.
    """
    _keep(config, {each.key: each for each in look(config, resources) if each.is_trusted})


def note_laid(config: Config, key: Key, body: Body) -> None:
    """Remember that a server's text was laid into a file without becoming its base, so that an edit does not hide it.

    The caller holds the workspace's lock.
    """
    if not kind_named(key.kind)[0].plugin:
        return
    known, text = read_trust(_path_of(config)), _text_of(key, body)
    found = known.get(str(key), Trust())
    if text not in found.texts:
        write_trust(_path_of(config), config.root, {**known, str(key): replace(found, laid=text)})


def _keep(config: Config, standings: dict[Key, Standing]) -> None:
    known = read_trust(_path_of(config))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    told = dict(known)
    for key, each in standings.items():
        before = known.get(str(key), Trust())
        beneath = tuple(sorted({*before.beneath, *each.beneath} - {each.text}))
        told[str(key)] = Trust({each.text: now, **before.texts}, beneath)
    if told != known:
        write_trust(_path_of(config), config.root, told)


@dataclass
class _Looking:
    """Find out what servers showed of some plugins."""

    root: Path
    reader: MirrorReader
    plugins: Sequence[LocalResource]

    def __post_init__(self) -> None:
        self._bases = read_bases(self.reader, [each.key for each in self.plugins])
        self._entries: dict[tuple[Key, str], Entry] = {}
        for url, entry in read_entries_about(self.root, {str(each.key.slug) for each in self.plugins}):
            self._entries[entry.key, entry.there] = entry
            bases = self._bases.setdefault(entry.key, [])
            if entry.there not in {each.fingerprint for each in bases}:
                bases.append(Basis(url, entry.there, self.reader.body_named(entry.there)))

    def at(self, local: LocalResource, trusted: Trust) -> Standing:
        """Look at one plugin."""
        bases = self._bases.get(local.key, [])
        text, sources = _text_of(local.key, local.resource.body), {each.url for each in bases}
        beneath = tuple(dict.fromkeys(self._mark(each, local, text) for each in bases))
        is_trusted = text in trusted.texts
        if not is_trusted and all(each in trusted.texts or each in trusted.beneath for each in beneath):
            showing = {url for url, digest in read_shown(self.reader, local.key) if self._code(local, digest) == text}
            is_trusted, sources = trusted.laid is None and not showing, sources | showing
        changed_at = max((each.changed_at for each in bases if each.changed_at), default=None)
        return Standing(local, is_trusted, tuple(sorted(sources)), changed_at, text, beneath)

    def _mark(self, basis: Basis, local: LocalResource, text: str) -> str:
        """Name the code of a base; where nobody has it any more, by what was agreed on."""
        digest = basis.digest or self.reader.body_named(basis.fingerprint)
        if digest is not None:
            return self._code(local, digest)
        entry = self._entries.get((local.key, basis.fingerprint))
        if entry is not None and entry.here == local.fingerprint:
            return text
        body = None
        if entry is not None and entry.files and all(entry.files.values()):
            body = body_in_git(self.root, kind_named(local.key.kind)[0], entry)
        return _text_of(local.key, body) if body is not None else f"agreed:{basis.fingerprint}"

    def _code(self, local: LocalResource, digest: str) -> str:
        return _text_of(local.key, self.reader.body(digest))


def _text_of(key: Key, body: Body) -> str:
    """Name the code in a body, as a server stores it."""
    field = kind_named(key.kind)[0].text
    source = str(body.get(field.name, "")) if field else ""
    return make_digest(source.encode("utf-8", "surrogatepass"))


def _path_of(config: Config) -> Path:
    return trust_path(config_folder(), config.root)
