"""What each version of the server's own package offers to a plugin: modules, names, signatures.

The tables beside this module are made by `python -m tests.parity.make_facts` out of the published packages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json

#: the version that speaks for each generation
VERSIONS: dict[Generation, str] = {"0.12": "0.12.4", "0.6": "0.6.43"}


def path_of(version: str) -> Path:
    """Name the file that has the facts of a version."""
    return Path(__file__).with_name(f"open-webui-{version}.json")


class Facts(Mapping[str, "Json"]):
    """Hold the modules of a version by dotted name; each is parsed when it is first asked for.

    The whole takes a tenth of a second and ten megabytes, and a plugin asks for a module or two.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        named = (line.rstrip(",\n").split(":", 1) for line in lines)
        self._texts = {name.strip('"'): text for name, text in named}
        self._parsed: dict[str, Json] = {}

    def __getitem__(self, name: str) -> Json:
        if name not in self._parsed:
            self._parsed[name] = json.loads(self._texts[name])
        return self._parsed[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


@cache
def read_facts(version: str) -> Facts:
    """Read the modules of a version, each with `package` and `names`: a line each between the first and the last."""
    with path_of(version).open(encoding="utf-8") as lines:
        return Facts([*lines][1:-1])
