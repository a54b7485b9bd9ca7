"""Many files at once: written beside their places, brought to the disk together, and then put in place one by one."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource, CannotWrite
from cochat_devkit.interrupts import call_off, held, result_of
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.workspace.file_system import open_file_system, sync_file_system
from cochat_devkit.workspace.files import (
    begin_file,
    check_unchanged,
    end_file,
    explain_refusal,
    inside,
    name_beside,
    write_file,
    write_whole,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

#: so many files wait for the disk at a time: a file system brings them there in one go
_AT_A_TIME = 4
#: so many are given to one thread where each is waited for alone; no more are open than so many for each thread
_SHARE = 8
#: so many folders are held open; a file in another is written when its turn comes
_MOST_FOLDERS = 200
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_HOLDS_FOLDERS = {os.open, os.rename, os.stat, os.unlink} <= os.supports_dir_fd


#: path and content
_File = tuple[str, bytes]


class _Begun(NamedTuple):
    """Hold a file that is written beside its place: under which name; with its handle, unless that is closed."""

    file: _File
    beside: str
    handle: int


class Staging:
    """Write files beside their places and wait for the disk in threads, until `write` puts them there.

    What is done for a file in a thread costs more by far than the call itself: each call is followed by a wait until
    Python may go on there, and makes all others wait. So a thread waits for the disk, and does nothing else: once for
    many files, where the file system has a call for that.

    A folder is looked for once, and held open from then on: what is written into it lands there, and nowhere else,
    whatever becomes of its path. What is put in place is sure to stay there once `settle` has returned. Use as a
    context manager: what was not put in place is gone at the end.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._pool = ThreadPoolExecutor(_AT_A_TIME)
        #: handles by path
        self._folders: dict[str, int] = {}
        #: those into which something was put since the last settling
        self._moved: set[str] = set()
        self._refused: CannotWrite | None = None
        #: a handle of the file system that was opened before them, where one call is to wait for all
        self._system: int | None = None
        #: the file systems that these folders are on
        self._devices: set[int] = set()
        #: shares of work that may not be done yet, oldest first
        self._shares: deque[Future[None]] = deque()
        #: the share that brings a file to the disk, and the name under which it lies beside its place once it is there
        self._on_their_way: dict[_File, Future[None]] = {}
        self._staged: dict[_File, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with held():
            wait(self._shares)
        for (relative, _content), beside in self._staged.items():
            with contextlib.suppress(OSError):
                os.unlink(beside, dir_fd=self._folders[_folder_of(relative)])
        self._staged, self._on_their_way = {}, {}
        try:
            self.settle()
        finally:
            self._let_go()
            with held():
                self._pool.shutdown()

    def stage(self, files: Mapping[str, bytes], *, new: Container[str] = ()) -> None:
        """Begin to bring contents by path to the disk; where that fails, writing the file in its turn says why.

        Where nothing was seen at a path, it is `new`: nobody's rights are to be kept.
        """
        waiting = [each for each in files.items() if self._hold(_folder_of(each[0]))]
        while waiting:
            if len(self._shares) == _AT_A_TIME:
                result_of(self._shares[0])
                self._shares.popleft()
            system = open_file_system(self._root, self._devices)
            size = _SHARE if system is None else len(waiting)
            share, waiting = waiting[:size], waiting[size:]
            with held():
                begun = [each for each in (self._begin(file, is_new=file[0] in new) for file in share) if each]
                if system is None:
                    brought = self._pool.submit(self._bring, begun)
                else:
                    for each in begun:
                        os.close(each.handle)
                    brought = self._pool.submit(self._bring_at_once, begun, system)
                self._shares.append(brought)
                self._on_their_way |= dict.fromkeys((each.file for each in begun), brought)

    def _hold(self, folder: str) -> bool:
        """Hold a folder open, made where it is not there; False where that is not to be."""
        if folder in self._folders:
            return True
        if not _HOLDS_FOLDERS or len(self._folders) >= _MOST_FOLDERS:
            return False
        try:
            path = inside(self._root, folder)
            try:
                handle = os.open(path, _FOLDER)
            except FileNotFoundError:
                path.mkdir(parents=True, exist_ok=True)
                handle = os.open(inside(self._root, folder), _FOLDER)
        except (OSError, BadResource):
            return False
        self._folders[folder] = handle
        self._devices.add(os.fstat(handle).st_dev)
        return True

    def _begin(self, file: _File, *, is_new: bool) -> _Begun | None:
        """Write a file beside its place; None where the disk refuses."""
        folder, _, name = file[0].rpartition("/")
        beside, rights_of, place = name_beside(name), None if is_new else name, self._folders[folder]
        try:
            return _Begun(file, beside, begin_file(beside, file[1], rights_of=rights_of, folder=place))
        except OSError:
            return None

    def _bring(self, begun: Iterable[_Begun]) -> None:
        """Wait for each file."""
        for file, beside, handle in begun:
            with contextlib.suppress(OSError):
                end_file(handle, beside, folder=self._folders[_folder_of(file[0])])
                self._staged[file] = beside

    def _bring_at_once(self, begun: Iterable[_Begun], system: int) -> None:
        """Wait for all that was written since a handle of the file system was opened."""
        try:
            sync_file_system(system)
        except OSError:
            for each in begun:
                with contextlib.suppress(OSError):
                    os.unlink(each.beside, dir_fd=self._folders[_folder_of(each.file[0])])
        else:
            self._staged.update({each.file: each.beside for each in begun})
        finally:
            os.close(system)

    def write(self, root: Path, relative: str, content: bytes, *, expected: bytes | None) -> None:
        """Replace a file as `write_file` does, by what was staged for it if anything was.

        Raises:
            CannotWrite: it changed meanwhile, or the disk refuses.
            BadResource: it leads out of the workspace.
        """
        staged = (relative, content)
        on_its_way = self._on_their_way.pop(staged, None)
        # it may be there while others of its share are still on their way
        if on_its_way is not None and staged not in self._staged:
            result_of(on_its_way)
        beside = self._staged.pop(staged, None) if root == self._root else None
        folder, _, name = relative.rpartition("/")
        if beside is None and (root != self._root or not self._hold(folder)):
            write_file(root, relative, content, expected=expected)
            return
        handle = self._folders[folder]
        try:
            if beside is None:
                beside = name_beside(name)
                write_whole(beside, content, rights_of=name, folder=handle)
            if expected is not None or _is_there(name, handle):
                check_unchanged(inside(root, relative), relative, expected)
            if not self._moved and self._system is None:
                self._system = open_file_system(self._root, self._devices)
            os.rename(beside, name, src_dir_fd=handle, dst_dir_fd=handle)
        except BaseException as error:
            if beside is not None:
                with contextlib.suppress(OSError):
                    os.unlink(beside, dir_fd=handle)
            if isinstance(error, OSError):
                raise explain_refusal(relative, error) from error
            raise
        self._moved.add(folder)

    def settle(self) -> None:
        """Make all that was put in place survive a power cut. What could not is never said to be settled later.

        Raises:
            CannotWrite: the disk refuses, or a folder is not where it was.
        """
        if self._refused is not None:
            raise self._refused
        settled: list[Future[None]] = []
        try:
            with held():
                settled.extend(map(self._pool.submit, self._waits()))
            for each in settled:
                result_of(each)
        except CannotWrite as error:
            self._refused = error
            raise
        finally:
            with held():
                call_off(settled)
                self._let_go_of_system()
        # an interrupt comes past this: then the folders wait again at the end
        self._moved = set()
        if not self._on_their_way:
            self._let_go()

    def _waits(self) -> Iterable[Callable[[], None]]:
        """Say what waits until all that was put in place stays there: one call, or one for each folder."""
        if self._moved and self._system is not None and len(self._devices) == 1:
            return [partial(self._settle_at_once, self._system)]
        return [partial(self._settle_folder, folder) for folder in self._moved]

    def _let_go(self) -> None:
        for handle in self._folders.values():
            os.close(handle)
        self._folders = {}

    def _let_go_of_system(self) -> None:
        if self._system is not None:
            os.close(self._system)
        self._system = None

    def _settle_at_once(self, system: int) -> None:
        try:
            sync_file_system(system)
        except OSError as error:
            raise explain_refusal(str(self._root), error) from error
        for folder in self._moved:
            self._check_place(folder)

    def _settle_folder(self, folder: str) -> None:
        try:
            os.fsync(self._folders[folder])
        except OSError as error:
            raise explain_refusal(folder, error) from error
        self._check_place(folder)

    def _check_place(self, folder: str) -> None:
        """See that a folder is where it was, or went away with what was in it."""
        try:
            is_there = os.path.samestat(os.fstat(self._folders[folder]), (self._root / folder).stat())
        except FileNotFoundError:
            return
        except OSError as error:
            raise explain_refusal(folder, error) from error
        if not is_there:
            raise CannotWrite(f"{folder} was moved while we worked", hint="run the command again")


def _folder_of(relative: str) -> str:
    return relative.rpartition("/")[0]


def _is_there(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
