"""`cochat browse` as a process of its own, and what its table says there is to see."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit.config import read_config
from cochat_devkit.operations.browse import Catalogue
from cochat_devkit.web.pages import all_pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cochat_devkit.web.page import Params

_PATIENCE_S = 30.0


@dataclass(frozen=True)
class Browsed:
    """A workspace whose pages are served: `url` ends with the token and a slash."""

    folder: Path
    url: str

    @property
    def origin(self) -> str:
        """Say which requests are to our own server."""
        return "/".join(self.url.split("/", 3)[:3]) + "/"

    def addresses(self, language: str) -> dict[str, str]:
        """List every address that the table of pages says there is, with its sort: the page, and the type shown."""
        catalogue = Catalogue(read_config(self.folder), None)
        return {
            f"{language}/{page.address(**params)}": f"{page.name} {_type_in(params)}"
            for page in all_pages().values()
            for params in page.every(catalogue)
        }

    def samples(self, language: str, most: int, *, by_page: bool = False) -> list[str]:
        """List a few addresses of each sort, or of each page alone, spread over all that there are."""
        by_sort: dict[str, list[str]] = {}
        for address, sort in self.addresses(language).items():
            by_sort.setdefault(sort.partition(" ")[0] if by_page else sort, []).append(address)
        return [each for found in by_sort.values() for each in found[:: -(-len(found) // most)]]


@contextmanager
def browsing(folder: Path) -> Iterator[Browsed]:
    """Run `cochat browse` for a workspace; the process ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cochat_devkit", "browse", "--json", "--no-open"],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "COCHAT_TOKEN"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield Browsed(folder, json.loads(process.stdout.readline())["url"])
    finally:
        process.terminate()
        process.wait(_PATIENCE_S)
        if process.stdout:
            process.stdout.close()


def _type_in(params: Params) -> str:
    return params.get("type") or params.get("ref", "").partition("/")[0]
