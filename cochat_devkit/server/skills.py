"""The skills of the 0.12 generation on the local server: sets of files with versions, updated piece by piece.

Source: Open WebUI 0.12.4, routers/skills.py and models/skills.py; checked by tests/contract/test_skills.py,
test_skill_files.py and test_skill_history.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi import HTTPException

from cochat_devkit.server import pages
from cochat_devkit.server.owned_rows import OwnedRows, is_storable
from cochat_devkit.server.quirks import (
    DUPLICATE,
    NOT_FOUND_404,
    PROHIBITED_401,
    UNAUTHORIZED_401,
    Refusal,
)
from cochat_devkit.server.refusals import refused
from cochat_devkit.server.skill_files import (
    FilesRefused,
    changed_files,
    checked_files,
    main_text,
    with_main,
)
from cochat_devkit.server.skill_versions import SkillVersions

if TYPE_CHECKING:
    from cochat_devkit.resource import Json, Wire
    from cochat_devkit.server.access import Caller, Right
    from cochat_devkit.server.context import ServerContext
    from cochat_devkit.server.pages import Wish

_SHORT = (
    "version_id", "id", "user_id", "name", "description", "meta", "is_active", "access_grants", "updated_at",
    "created_at",
)  # fmt: skip
_WHOLE = (*_SHORT, "content", "data")
_SAVED = ("name", "description", "meta")
_WAYS = ("files", "data", "operations")
_BAD_ID = Refusal(400, "[ERROR: Invalid skill ID]")
_NAME_TAKEN = Refusal(409, "A skill with this name already exists")
_CREATE_FAILED = Refusal(400, "[ERROR: Error creating skill]")
_UPDATE_FAILED = Refusal(400, "[ERROR: Error updating skill]")
_NEEDS_VERSION = Refusal(400, "expected_version_id is required for file updates")
_MISSING = Refusal(404, "Skill not found")
_DENIED = Refusal(403, "Access denied")
_EXPORT_REFUSED = Refusal(403, "Export permission required")
_ONE_VERSION = Refusal(400, "Select one skill to export a historical version")
_ONE_ARCHIVE = Refusal(400, "Select one skill to export as .skill")
_IMPORT_REFUSED = Refusal(403, "Import permission required")


class Skills:
    """Keep skills. Every method answers as the real server does, or raises its refusal."""

    def __init__(self, context: ServerContext) -> None:
        self.rows = OwnedRows(context, name="skill", plural="skills", key="id")
        self.versions = SkillVersions(context)
        self._context = context

    def list_readable(self, caller: Caller, query: str | None) -> list[Wire]:
        """List what a caller may read, without files; the last changed first."""
        found = [row for row in self._readable(caller) if not query or query.casefold() in row["name"].casefold()]
        return [{**_shape(row, _SHORT), "user": self.rows.show_owner(row)} for row in found]

    def list_page(self, caller: Caller, wish: Wish) -> Wire:
        """List one page of what a caller may read."""
        rows = [row for row in self._readable(caller) if self._is_wished(caller, row, wish)]
        shown = pages.cut_page(pages.ordered(rows, wish, usual="updated_at"), wish.page)
        items = [
            {
                **_shape(row, _SHORT),
                "user": self.rows.show_owner(row),
                "write_access": self.rows.may(caller, "write", row),
            }
            for row in shown
        ]
        return {"items": items, "total": len(rows)}

    def show(self, caller: Caller, id_: str) -> Wire:
        """Show one skill with the text of its main file."""
        row = self.rows.find(id_, NOT_FOUND_404)
        self.rows.refuse_others(caller, "read", row, PROHIBITED_401)
        write_access = self.rows.may(caller, "write", row)
        return {**_shape(row, _SHORT), "user": None, "write_access": write_access, "content": row["content"]}

    def packages(
        self, caller: Caller, ids: list[str] | None, version_id: str | None, *, is_archive_of_one: bool
    ) -> list[Wire]:
        """Show skills with all their files: those that are named, or all that a caller may read."""
        if not self.rows.is_permitted(caller, "skills_export"):
            raise refused(_EXPORT_REFUSED)
        if version_id and len(ids or ()) != 1:
            raise refused(_ONE_VERSION)
        if is_archive_of_one and len(ids or ()) != 1:
            raise refused(_ONE_ARCHIVE)
        found = self._readable(caller) if ids is None else [self.find_for(caller, id_) for id_ in ids]
        return [self._package(row, version_id) for row in found]

    def create(self, caller: Caller, form: Wire) -> Wire:
        """Make a skill and its first version; the answer has no files."""
        return _shape(self._create(caller, form), _SHORT)

    def clone(self, caller: Caller, id_: str, form: Wire) -> Wire:
        """Make a skill of another's files; the answer has them."""
        row = self.find_for(caller, id_)
        snapshot = self.snapshot(row, form["version_id"])
        copied = {key: snapshot[key] for key in ("description", "meta", "data")}
        given = {"id": form["id"], "name": form["name"], "is_active": row["is_active"]}
        return _shape(self._create(caller, {**copied, **given}), _WHOLE)

    def update(self, caller: Caller, id_: str, patch: Wire) -> Wire:
        """Change what a patch says, and nothing else."""
        with self._context.store.writing():
            before = self._find_writable(caller, id_)
            self._refuse_stale(before, patch.get("expected_version_id"))
            if patch.get("expected_version_id") is None and any(patch.get(way) is not None for way in _WAYS):
                raise refused(_NEEDS_VERSION)
            row = self._patched(before, patch)
            if _snapshot(row) != _snapshot(before):
                entry = self.versions.add_apart(id_, _snapshot(row), caller, before, patch.get("commit_message"))
                row["version_id"] = entry.id
            return _shape(self.rows.put({**row, "updated_at": self._context.clock()}), _WHOLE)

    def flip(self, caller: Caller, id_: str) -> Wire:
        """Turn the switch over."""
        with self._context.store.writing():
            row = self._find_writable(caller, id_)
            flipped = {"is_active": not row["is_active"], "updated_at": self._context.clock()}
            return _shape(self.rows.put({**row, **flipped}), _WHOLE)

    def set_access(self, caller: Caller, id_: str, grants: list[Wire]) -> Wire:
        """Replace who may read and write; neither version nor time moves."""
        with self._context.store.writing():
            row = self._find_writable(caller, id_)
            return _shape(self.rows.put({**row, **self.rows.new_grants(grants, caller, id_)}), _WHOLE)

    def delete(self, caller: Caller, id_: str) -> bool:
        """Take a skill out, its versions too."""
        with self._context.store.writing():
            self._find_writable(caller, id_)
            self.rows.remove(id_)
            self.versions.forget(id_)
        return True

    def restore(self, caller: Caller, id_: str, version_id: str, expected: str) -> Wire:
        """Go back to a version: the skill bears its id again, and no version is added."""
        with self._context.store.writing():
            row = self.find_for(caller, id_, "write")
            self._refuse_stale(row, expected)
            entry = self.versions.find(id_, version_id)
            restored = {**row, **entry.snapshot, "version_id": entry.id, "updated_at": self._context.clock()}
            return _shape(self.rows.put(restored), _WHOLE)

    def delete_version(self, caller: Caller, id_: str, version_id: str) -> bool:
        """Take a version out, unless it is the current one."""
        with self._context.store.writing():
            row = self.find_for(caller, id_, "write")
            self.versions.take_out(id_, version_id, current=row["version_id"])
        return True

    def find_for(self, caller: Caller, id_: str, right: Right = "read") -> Wire:
        """Find a skill for whoever has the right."""
        row = self.rows.find(id_, _MISSING)
        self.rows.refuse_others(caller, right, row, _DENIED)
        return row

    def snapshot(self, row: Wire, version_id: str | None) -> Wire:
        """Show what a version of a skill was; without one, what it is."""
        if not version_id or version_id == row["version_id"]:
            return _snapshot(row)
        return self.versions.find(row["id"], version_id).snapshot

    def refuse_import(self, caller: Caller) -> None:
        """Refuse whoever may not import."""
        if not self.rows.is_permitted(caller, "skills_import"):
            raise refused(_IMPORT_REFUSED)

    def standing_of(self, caller: Caller, package: Wire) -> Wire:
        """Tell what is there already where a package would go, and whether a caller may replace it."""
        row = self.rows.get(str(package["id"]))
        can_replace = row is not None and self.rows.may(caller, "write", row)
        return {
            "id_taken": row is not None,
            "name_taken": self._is_name_taken(package["name"]),
            "can_replace": can_replace,
            "expected_version_id": row["version_id"] if row and can_replace else None,
        }

    def _readable(self, caller: Caller) -> list[Wire]:
        rows = [row for row in self.rows.all() if self.rows.may(caller, "read", row)]
        return pages.ordered(rows, pages.Wish(), usual="updated_at")

    def _is_wished(self, caller: Caller, row: Wire, wish: Wish) -> bool:
        owner = self._context.people.find(row["user_id"])
        who = (owner.name, owner.email) if owner else ()
        texts = (row["name"], row["description"], row["id"], *who, *(row["meta"]["tags"] or ()))
        return wish.is_of(row["user_id"], caller.id) and wish.is_found_in(texts)

    def _package(self, row: Wire, version_id: str | None) -> Wire:
        snapshot = self.snapshot(row, version_id)
        saved = {key: snapshot[key] for key in _SAVED}
        return {"id": row["id"], **saved, "files": snapshot["data"]["files"], "is_active": row["is_active"]}

    def _create(self, caller: Caller, form: Wire) -> Wire:
        if not self.rows.is_permitted(caller, "skills", "skills_import"):
            raise refused(UNAUTHORIZED_401)
        id_ = str(form["id"]).lower().replace(" ", "-")
        if not re.fullmatch(r"[a-z0-9_-]+", id_):
            raise refused(_BAD_ID)
        with self._context.store.writing():
            if self.rows.get(id_):
                raise refused(DUPLICATE)
            if self._is_name_taken(form["name"]):
                raise refused(_NAME_TAKEN)
            now = self._context.clock()
            row: Wire = {
                "id": id_,
                "user_id": caller.id,
                "name": form["name"],
                "description": form.get("description"),
                "meta": _to_meta(form.get("meta")),
                **self._first_files(form),
                "is_active": form.get("is_active", True),
                "updated_at": now,
                "created_at": now,
                **self.rows.first_access(form, caller, id_),
            }
            _refuse_unstorable(row, _CREATE_FAILED)
            message = form.get("commit_message")
            entry = self.versions.add(id_, _snapshot(row), user_id=caller.id, parent_id=None, message=message)
            return self.rows.put({**row, "version_id": entry.id})

    def _first_files(self, form: Wire) -> Wire:
        listed, data = form.get("files"), form.get("data")
        if listed is not None and data is not None:
            raise refused(_CREATE_FAILED)
        files = listed if data is None else data["files"]
        try:
            return _to_content(checked_files(with_main([], form.get("content") or "") if files is None else files))
        except FilesRefused as error:
            raise refused(_CREATE_FAILED) from error

    def _patched(self, before: Wire, patch: Wire) -> Wire:
        """Lay a patch over a row."""
        row = {**before, **{key: patch[key] for key in (*_SAVED, "is_active") if key in patch}}
        row["meta"] = _to_meta(row["meta"])
        if row["name"] != before["name"] and self._is_name_taken(row["name"]):
            raise refused(_UPDATE_FAILED)
        try:
            row |= _to_content(_patched_files(before["data"]["files"], patch))
        except FilesRefused as error:
            raise refused(_UPDATE_FAILED) from error
        _refuse_unstorable(row, _UPDATE_FAILED)
        return row

    def _is_name_taken(self, name: str) -> bool:
        return any(row["name"] == name for row in self.rows.all())

    def _find_writable(self, caller: Caller, id_: str) -> Wire:
        row = self.rows.find(id_, NOT_FOUND_404)
        self.rows.refuse_others(caller, "write", row, UNAUTHORIZED_401)
        return row

    def _refuse_stale(self, row: Wire, expected: str | None) -> None:
        if expected is not None and expected != row["version_id"]:
            raise HTTPException(409, {"code": "version_conflict", "current_version_id": row["version_id"]})


def _patched_files(files: list[Wire], patch: Wire) -> list[Wire]:
    if sum(patch.get(way) is not None for way in _WAYS) > 1:
        raise FilesRefused("Provide data, files, or operations, not more than one")
    found = patch["data"]["files"] if patch.get("data") is not None else patch.get("files")
    found = files if found is None else found
    if patch.get("operations") is not None:
        found = changed_files(found, patch["operations"])
    if patch.get("content") is not None:
        found = with_main(found, patch["content"])
    return checked_files(found, files)


def _to_content(files: list[Wire]) -> Wire:
    return {"content": main_text(files), "data": {"files": files}}


def _to_meta(given: Json) -> Wire:
    meta = given or {}
    return {"i18n": meta.get("i18n"), "tags": meta.get("tags", [])}


def _snapshot(row: Wire) -> Wire:
    return {key: row[key] for key in (*_SAVED, "content", "data")}


def _shape(row: Wire, keys: tuple[str, ...]) -> Wire:
    return {key: row[key] for key in keys}


def _refuse_unstorable(row: Wire, failed: Refusal) -> None:
    if not is_storable(row["name"], row["description"], *(row["meta"]["tags"] or ())):
        raise refused(failed)
