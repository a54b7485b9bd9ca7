"""The sample knowledge base of the local server, with its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.server.files import FileDesk, Upload
from cochat_devkit.server.knowledge import BaseDesk
from cochat_devkit.server.knowledge_files import ShelfDesk
from cochat_devkit.server.knowledge_folders import FolderDesk
from cochat_devkit.server.library import Library

if TYPE_CHECKING:
    from cochat_devkit.server.access import Caller
    from cochat_devkit.server.context import ServerContext

_MARK = "[sample]"
NAME = "Team handbook"
#: the folder that some files stand in, where a server has folders
FOLDER = "guides"
#: by name: whether it stands in the folder, and its text
FILES = {
    "welcome.md": (False, "# Welcome\n\nThis is a sample. Ask the agents what is in here.\n"),
    "glossary.md": (False, "# Glossary\n\n- agent: a persona with a system prompt\n- tool: what a model may call\n"),
    "first-day.md": (True, "# Your first day\n\n1. Sign in.\n2. Ask the Researcher for help.\n"),
}
_EVERYBODY = {"principal_type": "user", "principal_id": "*", "permission": "read"}


def add_knowledge(context: ServerContext, admin: Caller) -> None:
    """Add the sample base, which everybody may read."""
    library = Library(context)
    bases = BaseDesk(library, forget_base=lambda _caller, _base_id: None)
    desk, shelf = FileDesk(library), ShelfDesk(library, bases)
    form = {"name": NAME, "description": f"{_MARK} What everybody asks once"}
    base_id = bases.create(admin, {**form, "access_control": None, "access_grants": [_EVERYBODY]})["id"]
    folder_id = None
    if library.quirks.has_folders:
        folder_id = FolderDesk(library, bases).create(admin, base_id, FOLDER, None)["id"]
    for name, (is_in_folder, text) in FILES.items():
        file = desk.take(admin, Upload(name, text.encode(), "text/markdown", {}), process=True)
        shelf.add(admin, base_id, file["id"], folder_id if is_in_folder else None)
