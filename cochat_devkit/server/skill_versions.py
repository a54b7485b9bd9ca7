"""The versions of skills on the local server: a second apart from each other, and compared file by file.

Source: Open WebUI 0.12.4, routers/skills.py and models/skill_history.py; checked by
tests/contract/test_skill_history.py.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from cochat_devkit.server import quirks
from cochat_devkit.server.quirks import Refusal
from cochat_devkit.server.refusals import refused
from cochat_devkit.server.skill_files import find_file, summaries
from cochat_devkit.server.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.resource import Wire
    from cochat_devkit.server.access import Caller
    from cochat_devkit.server.context import ServerContext
    from cochat_devkit.server.history import Entry

VERSION_MISSING = Refusal(404, "Skill version not found")
FILE_MISSING = Refusal(404, "File not found")
_COMPARED = ("name", "description", "meta")


class SkillVersions(Versions):
    """Keep the versions of skills. Changes happen inside `Store.writing()`."""

    def __init__(self, context: ServerContext) -> None:
        super().__init__(context, owner="skill", table="skills history", missing=VERSION_MISSING)
        self._clock = context.clock

    def add_apart(self, id_: str, snapshot: Wire, caller: Caller, before: Wire, message: str | None) -> Entry:
        """Add a version that is at least a second younger than the youngest, so that their order is told by time."""
        youngest = max(entry.created_at for entry in self.entries(id_))
        now = max(self._clock(), youngest + 1)
        parent = before["version_id"]
        return self.add(id_, snapshot, user_id=caller.id, parent_id=parent, message=message, now=now)

    def take_out(self, id_: str, version_id: str, *, current: str) -> None:
        """Take one version out.

        Raises:
            HTTPException: it is the current one, or there is none.
        """
        if version_id == current:
            raise refused(quirks.VERSION_IS_CURRENT)
        if all(entry.id != version_id for entry in self.entries(id_)):
            raise refused(quirks.VERSION_MISSING)
        self.remove(id_, version_id)

    def show_bare(self, id_: str, version_id: str) -> Wire:
        """Show one version, its files without their contents."""
        shown = self.show(id_, version_id)
        del shown["user"]
        snapshot = shown["snapshot"]
        return {**shown, "snapshot": {**snapshot, "data": {"files": summaries(snapshot["data"]["files"])}}}

    def changes(self, id_: str, from_id: str, to_id: str) -> Wire:
        """Compare two versions: the fields, and which files are not the same."""
        before, after = (self.find(id_, each).snapshot for each in (from_id, to_id))
        old, new = ({file["path"]: file for file in each["data"]["files"]} for each in (before, after))
        return {
            "metadata": {
                key: {"before": before[key], "after": after[key]} for key in _COMPARED if before[key] != after[key]
            },
            "files": [_change(path, old, new) for path in sorted(old | new) if old.get(path) != new.get(path)],
        }

    def lines(self, id_: str, from_id: str, to_id: str, path: str) -> Wire:
        """Compare one file of two versions line by line."""
        before, after = (find_file(self.find(id_, each).snapshot["data"]["files"], path) for each in (from_id, to_id))
        if before is None and after is None:
            raise refused(FILE_MISSING)
        if any(file and file.get("encoding") for file in (before, after)):
            return {"binary": True}
        old, new = (str(file["content"]) if file else "" for file in (before, after))
        lines = difflib.unified_diff(
            old.splitlines(),
            new.splitlines(),
            fromfile=f"{from_id[:7]}/{path}",
            tofile=f"{to_id[:7]}/{path}",
            lineterm="",
        )
        diff = "\n".join(lines)
        return {"binary": False, "diff": diff, "line_endings_only": not diff and old != new}


def _change(path: str, old: Mapping[str, Wire], new: Mapping[str, Wire]) -> Wire:
    status = "added" if path not in old else "deleted" if path not in new else "modified"
    is_binary = any(bool(side.get(path, {}).get("encoding")) for side in (old, new))
    return {"path": path, "status": status, "binary": is_binary}
