"""What each version of the server's own package offers to a plugin: modules, names, signatures.

The tables beside this module are made by `python -m tests.parity.make_facts` out of the published packages.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json

#: the version that speaks for each generation
VERSIONS: dict[Generation, str] = {"0.12": "0.12.4", "0.6": "0.6.43"}


def path_of(version: str) -> Path:
    """Name the file that has the facts of a version."""
    return Path(__file__).with_name(f"open-webui-{version}.json")


@cache
def read_facts(version: str) -> dict[str, Json]:
    """Read the modules of a version by dotted name, each with `package` and `names`."""
    modules: dict[str, Json] = json.loads(path_of(version).read_text(encoding="utf-8"))["modules"]
    return modules
