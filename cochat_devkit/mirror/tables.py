"""The tables of the mirror, as SQLAlchemy's core knows them: bulk statements need no classes of rows."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

METADATA = MetaData()


def _text(name: str, *of: ForeignKey, is_key: bool = False, may_be_none: bool = False) -> Column[str]:
    return Column(name, String, *of, primary_key=is_key, nullable=may_be_none)


def _maybe_text(name: str, *of: ForeignKey) -> Column[str]:
    return _text(name, *of, may_be_none=True)


def _scope_id(*, is_key: bool = False) -> Column[int]:
    return Column("scope_id", Integer, ForeignKey("scope.id"), primary_key=is_key, nullable=False)


def _number(name: str = "id") -> Column[int]:
    return Column(name, Integer, primary_key=True, nullable=False)


def _bytes(name: str, *, may_be_none: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=may_be_none)


#: a server and a user on it
SCOPE = Table(
    "scope",
    METADATA,
    _number(),
    _text("url"),
    _text("user_id"),
    _text("role"),
    _text("dialect"),
    _text("server_version"),
    UniqueConstraint("url", "user_id"),
)
#: the scope that a target of `cochat.toml` was last used with
TARGET = Table("target", METADATA, _text("name", is_key=True), _scope_id())
#: how a kind was last listed: endpoint and role
LISTING = Table("listing", METADATA, _scope_id(is_key=True), _text("kind", is_key=True), _text("basis"))
#: every body ever seen, once
BODY = Table("body", METADATA, _text("digest", is_key=True), _bytes("packed"))
#: what is remembered of one resource
RESOURCE = Table(
    "resource",
    METADATA,
    _number(),
    _scope_id(),
    _text("kind"),
    _text("slug"),
    _text("type"),
    _text("remote_id"),
    _text("remote_state"),
    _maybe_text("remote_fingerprint"),
    _maybe_text("remote_digest", ForeignKey("body.digest")),
    _maybe_text("base_local"),
    _maybe_text("base_remote"),
    _maybe_text("base_digest", ForeignKey("body.digest")),
    _maybe_text("version"),
    _maybe_text("updated_at"),
    Column("writable", Boolean, nullable=True),
    _maybe_text("path"),
    _bytes("derived", may_be_none=True),
    UniqueConstraint("scope_id", "kind", "slug"),
)
#: every body ever seen, in the order in which it was seen; no digest: it was gone
HISTORY = Table(
    "history",
    METADATA,
    _number(),
    _scope_id(),
    _text("kind"),
    _text("slug"),
    _text("type"),
    _maybe_text("digest", ForeignKey("body.digest")),
    _text("origin"),
    _maybe_text("version"),
    _maybe_text("message"),
    _text("at"),
    Index("history_of", "scope_id", "kind", "slug", "origin", "id"),
)
#: what both sides changed and nobody settled yet
CONFLICT = Table(
    "conflict",
    METADATA,
    _scope_id(is_key=True),
    _text("kind", is_key=True),
    _text("slug", is_key=True),
    _text("type"),
    _text("reason"),
    _text("parts"),
    _maybe_text("base_digest"),
    _maybe_text("local_digest"),
    _maybe_text("remote_digest"),
    _maybe_text("path"),
    _text("since"),
    _maybe_text("run"),
)
#: what `cochat.lock` said of a target when the mirror knew as much: digests of its lines and of the whole file
LOCKED = Table("locked", METADATA, _text("target", is_key=True), _text("lines"), _text("file"))
#: what is so of the mirror as a whole
FACT = Table("fact", METADATA, _text("name", is_key=True), _text("value"))
#: one run of a writing command
RUN = Table(
    "run",
    METADATA,
    _number(),
    _scope_id(),
    _text("command"),
    _text("target"),
    _text("started"),
    _maybe_text("ended"),
    _text("message"),
    Column("undoes", Integer, nullable=True),
    Index("run_open", "ended"),
)
#: one step of a run: a write to the server, or to the files of one resource
STEP = Table(
    "step",
    METADATA,
    Column("run_id", Integer, ForeignKey("run.id"), primary_key=True, nullable=False),
    _number("number"),
    _text("kind"),
    _text("slug"),
    _text("state"),
    _bytes("packed"),
)
#: the contents of files before they were replaced, once each
CONTENT = Table("content", METADATA, _text("digest", is_key=True), _bytes("packed"))
