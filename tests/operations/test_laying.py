"""A body is laid into files, and what is remembered of them is what was written."""

from __future__ import annotations

from cochat_devkit.kinds import kind_named
from cochat_devkit.operations.laying import lay_foreseen
from cochat_devkit.resource import Key, Resource, Slug
from cochat_devkit.workspace.files import write_file
from cochat_devkit.workspace.tree import foresee, read_one

TOOL = kind_named("tool")[0]
SOURCE = '"""\ntitle: Clock\n"""\n\nclass Tools:\n    pass\n'
BODY = {"name": "Clock", "content": SOURCE, "description": "", "access": "public", "meta": {}}


def test_an_edit_right_after_the_write_is_an_edit(tmp_path):
    """I save a plugin at the moment when a pull has written it: my lines are still mine to push."""
    theirs = Resource(Key("tool", Slug("clock")), BODY)

    def write_then_edit(root, relative, content, *, expected):
        write_file(root, relative, content, expected=expected)
        if relative.endswith(".py"):
            (root / relative).write_bytes(content + b"# mine\n")

    written = lay_foreseen(tmp_path, TOOL, foresee(tmp_path, TOOL, theirs, None), write_then_edit)
    assert written.fingerprint == theirs.fingerprint
    assert read_one(tmp_path, TOOL, "", written.path).fingerprint != written.fingerprint
