"""What a server gives no time for is as well known to us as all else: what goes there goes here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract import models
from tests.contract.stage import FUNCTIONS, read_json
from tests.desk import make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Server


@pytest.mark.flavor("owui-0.12")
def test_a_base_model_that_is_gone_leaves_the_mirror(server: Server, tmp_path: Path) -> None:
    """The models of a pipe have no time; once the pipe is deleted, the next pull forgets them, and nothing else."""
    kept, gone = models.make_pipe(server), models.make_pipe(server)
    desk = make_desk(tmp_path, server.url, server.admin_person.token)
    desk.json("pull", "--kind", "base-model")
    assert f"'{gone}.first'" in desk.mirror_dump()
    read_json(server.admin.delete(FUNCTIONS.url(gone, "/delete")))
    desk.json("pull", "--kind", "base-model")
    told = {each["ref"] for each in desk.json("pull", "--kind", "base-model").json["items"]}
    assert f"base-model/{kept}.first" in told
    assert f"base-model/{gone}.first" not in told
