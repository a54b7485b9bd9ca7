"""`open_webui.storage.provider`: files in the uploads of the played server, and never outside of them.

Source: Open WebUI 0.12.4 and 0.6.43, storage/provider.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.refusing import NotOffline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType


class LocalStorageProvider:
    """Play the storage of a server that has nothing else."""

    def upload_file(self, file: Any, filename: str, tags: Any) -> tuple[bytes, str]:  # noqa: ARG002
        content = file.read()
        if not content:
            raise ValueError(home.module("constants").ERROR_MESSAGES.EMPTY_CONTENT)
        path = _place_of(filename)
        path.write_bytes(content)
        return content, str(path)

    def get_file(self, file_path: str) -> str:
        return file_path

    def delete_file(self, file_path: str) -> None:
        _place_of(file_path.rpartition("/")[2]).unlink(missing_ok=True)

    def delete_all_files(self) -> None:
        for each in home.folder("uploads").iterdir():
            each.unlink()


def _place_of(filename: str) -> Path:
    """Name the file of an upload.

    Raises:
        NotOffline: it would lie elsewhere.
    """
    folder = home.folder("uploads")
    path = folder / filename
    if Path(filename).name != filename or not filename:
        raise NotOffline(f"a file of the name {filename!r}, outside of its uploads,")
    return path


PLAYS = {"LocalStorageProvider": LocalStorageProvider()}
MAKERS: Mapping[str, Callable[[ModuleType], Any]] = {
    "Storage": lambda module: object.__new__(module.LocalStorageProvider),
}
