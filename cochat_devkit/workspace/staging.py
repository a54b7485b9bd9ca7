"""Many files at once: written beside their places, brought to the disk together, and then put in place one by one."""

from __future__ import annotations

import contextlib
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource, CannotWrite
from cochat_devkit.workspace.files import put_file, sync_folder, write_beside, write_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

#: so many files wait for the disk at a time: a file system brings them there in one go
_AT_A_TIME = 8


class Staging:
    """Bring files to the disk in threads, each beside its place, until `write` puts them there.

    What is put in place is sure to stay there once `settle` has returned. Use as a context manager: what was not put
    in place is gone at the end.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._staged: dict[tuple[str, bytes], Path] = {}
        self._folders: set[Path] = set()
        self._pool = ThreadPoolExecutor(_AT_A_TIME)
        #: by path and content: the share of work that brings it
        self._on_their_way: dict[tuple[str, bytes], Future[None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
        for temporary in self._staged.values():
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        self._staged = {}
        self.settle()

    def stage(self, files: Mapping[str, bytes]) -> None:
        """Begin to bring contents by path to the disk; where that fails, writing the file in its turn says why."""
        waiting = [*files.items()]
        shares = [waiting[start::_AT_A_TIME] for start in range(min(_AT_A_TIME, len(waiting)))]
        for share in shares:
            self._on_their_way |= dict.fromkeys(share, self._pool.submit(self._bring, share))

    def _bring(self, files: Iterable[tuple[str, bytes]]) -> None:
        for relative, content in files:
            with contextlib.suppress(OSError, BadResource):
                self._staged[relative, content] = write_beside(self._root, relative, content)

    def write(self, root: Path, relative: str, content: bytes, *, expected: bytes | None) -> None:
        """Replace a file as `write_file` does, by what was staged for it if anything was.

        Raises:
            CannotWrite: it changed meanwhile, or the disk refuses.
            BadResource: it leads out of the workspace.
        """
        if on_its_way := self._on_their_way.pop((relative, content), None):
            on_its_way.result()
        temporary = self._staged.pop((relative, content), None) if root == self._root else None
        if temporary is None:
            write_file(root, relative, content, expected=expected)
            return
        self._folders.add(temporary.parent)
        put_file(root, relative, temporary, expected=expected)

    def settle(self) -> None:
        """Make all that was put in place survive a power cut.

        Raises:
            CannotWrite: the disk refuses.
        """
        folders, self._folders = self._folders, set()
        for folder in folders:
            try:
                sync_folder(folder)
            except FileNotFoundError:
                # it went away with what was in it
                continue
            except OSError as error:
                raise CannotWrite(f"{folder} cannot be written: {error.strerror}") from error
