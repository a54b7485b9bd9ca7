"""A workspace as a pull left it, made without a server: what the mirror knows, and files that say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cochat_devkit.kinds import kind_named
from cochat_devkit.mirror.rows import Row
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.resource import Key, RemoteId, Resource, Slug, State, digest_of_body, fingerprint_in
from cochat_devkit.workspace.forms import path_for, render_files
from tests.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

URL = "https://server.test"


def whole_body(word: str, slug: str, said: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Fill a body with what its kind implies: (kind, type, body). `word` is the kind, or the type within it."""
    kind, type_ = kind_named(word)
    facts = kind.facts_of(Slug(slug), {"content": "", "system": "", **said})
    return kind.name, type_ or "", {each.name: said.get(each.name, each.implied(facts)) for each in kind.fields}


class Pulled:
    """Make what a pull leaves, and change it as people do."""

    def __init__(self, folder: Path, *, dialect: str = "owui-0.12") -> None:
        self.desk = Desk(folder)
        self.desk.cochat("init", "--url", URL)
        self.facts = {"url": URL, "user_id": "u1", "role": "admin", "dialect": dialect, "server_version": "1"}
        self.listed("tool", "function", "agent", "knowledge", "skill", "model", "automation", "prompt")

    def listed(self, *kinds: str) -> None:
        """Note that these kinds were pulled as a whole."""
        with MirrorStore(self.desk.path("mirror.db")) as store:
            store.remember(store.enter_scope("main", **self.facts), bases=dict.fromkeys(kinds, "GET / admin"))

    def shown(
        self,
        refs: Mapping[str, Mapping[str, Any]],
        *,
        has_files: bool = True,
        ids: Mapping[str, str] | None = None,
        state: State = State.PRESENT,
    ) -> None:
        """Make the server show resources, by address, and lay them into the files."""
        rows, bodies = [], []
        for ref, said in refs.items():
            word, _, slug = ref.partition("/")
            kind, type_, body = whole_body(word, slug, said)
            digest, form = digest_of_body(type_, body), kind_named(kind)[0].form
            path = self.write(ref, said) if has_files and form else None
            print_ = fingerprint_in(digest)
            known = {"remote_fingerprint": print_, "remote_digest": digest, "remote_state": state, "path": path}
            base = {"base_local": print_, "base_remote": print_, "base_digest": digest} if path else {}
            remote_id = RemoteId((ids or {}).get(ref, slug))
            rows.append(Row(Key(kind, Slug(slug)), type_, remote_id, **known, **base))  # type: ignore[arg-type]
            bodies.append((type_, body))
        with MirrorStore(self.desk.path("mirror.db")) as store:
            store.remember(store.enter_scope("main", **self.facts), rows=rows, bodies=bodies)

    def write(self, ref: str, said: Mapping[str, Any]) -> str:
        """Write the files of a resource: the path of its main one."""
        word, _, slug = ref.partition("/")
        name, type_, body = whole_body(word, slug, said)
        kind = kind_named(name)[0]
        path = path_for(kind, type_, Slug(slug))
        for place, content in render_files(kind, Resource(Key(name, Slug(slug)), body, type_), path, {}).items():
            target = self.desk.path(place)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return path

    def remove(self, paths: Iterable[str]) -> None:
        """Delete files."""
        for path in paths:
            self.desk.path(path).unlink()
