"""Read and write files inside a workspace: whole or not at all, never through a link that leads out, never blindly."""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import re
import stat
import time
from pathlib import Path
from typing import Protocol

from cochat_devkit.errors import BadResource, CannotWrite

#: a source beyond this is no plugin
LARGEST_FILE_BYTES = 64 * 1024 * 1024
_COMMON_FILE_BYTES = 64 * 1024
TRASH = ".cochat/trash"
#: what files and servers last agreed on; it travels with the files
LOCK = "cochat.lock"
#: what `name_beside` makes
_BESIDE = r"(?s)\..{1,60}\.[0-9a-f]{8}\.tmp"
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


def read_file(root: Path, relative: str) -> bytes | None:
    """Read a file; None where there is none.

    Raises:
        BadResource: it is there and cannot be read, or it leads out of the workspace.
    """
    return _read_at(inside(root, relative), relative)


def size_of_file(root: Path, relative: str) -> int:
    """Tell how many bytes a file has; 0 where there is none.

    Raises:
        BadResource: it leads out of the workspace.
    """
    try:
        return inside(root, relative).stat().st_size
    except OSError:
        return 0


def _read_at(path: Path, relative: str) -> bytes | None:
    try:
        with path.open("rb") as file:
            # a buffer for the largest file takes longer to make than nearly every file to read
            content = file.read(_COMMON_FILE_BYTES)
            if len(content) == _COMMON_FILE_BYTES:
                content += file.read(LARGEST_FILE_BYTES + 1 - _COMMON_FILE_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadResource(f"{relative} cannot be read: {error.strerror}", hint="check the file's rights") from error
    if len(content) > LARGEST_FILE_BYTES:
        raise BadResource(f"{relative} is larger than {LARGEST_FILE_BYTES} bytes")
    return content


class WriteFile(Protocol):
    """Replace a file in one step, if it still is what we saw: `write_file`, and what does as it does."""

    def __call__(self, root: Path, relative: str, content: bytes, *, expected: bytes | None) -> None:
        """Write it.

        Raises:
            CannotWrite: it changed meanwhile, or the disk refuses.
            BadResource: it leads out of the workspace.
        """


def write_file(root: Path, relative: str, content: bytes, *, expected: bytes | None) -> None:
    """Replace a file in one step, if it still is what we saw (`expected`; None: no file).

    Raises:
        CannotWrite: it changed meanwhile, or the disk refuses.
        BadResource: it leads out of the workspace.
    """
    path = inside(root, relative)
    beside = path.with_name(name_beside(path.name))
    try:
        try:
            write_whole(beside, content, rights_of=path)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            inside(root, relative)
            write_whole(beside, content, rights_of=path)
        try:
            check_unchanged(path, relative, expected)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise explain_refusal(relative, error) from error


#: begins where no other process does; asking for each anew costs more than the rest of a name
_marks = itertools.count(int.from_bytes(os.urandom(4)))


def name_beside(name: str) -> str:
    """Name a hidden file that lies beside another until it takes its place."""
    return f".{name[:60]}.{next(_marks) % 2**32:08x}.tmp"


def clear_beside(root: Path) -> None:
    """Remove the hidden files that a killed process left beside others; the caller holds the workspace's lock.

    Other hidden folders than our own are none of our business, and no link is followed.
    """
    for folder, folders, names in os.walk(root):
        is_top = folder == str(root)
        folders[:] = [each for each in folders if not each.startswith(".") or (is_top and each == ".cochat")]
        for name in names:
            if re.fullmatch(_BESIDE, name):
                with contextlib.suppress(OSError):
                    Path(folder, name).unlink()


def write_whole(path: Path | str, content: bytes, *, rights_of: Path | str, folder: int | None = None) -> None:
    """Write a new file, with the rights of another if that is there, and wait until it is on the disk.

    `folder` is the handle of the folder from which the paths lead.

    Raises:
        OSError: the disk refuses; nothing is left of it.
    """
    end_file(begin_file(path, content, rights_of=rights_of, folder=folder), path, folder=folder)


def begin_file(path: Path | str, content: bytes, *, rights_of: Path | str | None, folder: int | None = None) -> int:
    """Write a new file as `write_whole` does, and do not wait: its handle, for `end_file`.

    `rights_of` is None where there is no other.

    Raises:
        OSError: the disk refuses; nothing is left of it.
    """
    handle = os.open(path, _NEW_FILE, 0o644, dir_fd=folder)
    try:
        if rights_of is not None:
            _keep_rights(rights_of, folder, handle)
        left = memoryview(content)
        while left:
            left = left[os.write(handle, left) :]
    except BaseException:
        os.close(handle)
        _unlink(path, folder)
        raise
    return handle


def end_file(handle: int, path: Path | str, *, folder: int | None = None) -> None:
    """Wait until a new file is on the disk, and close it.

    Raises:
        OSError: the disk refuses; nothing is left of it.
    """
    try:
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except BaseException:
        _unlink(path, folder)
        raise


def _unlink(path: Path | str, folder: int | None) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path, dir_fd=folder)


def _keep_rights(path: Path | str, folder: int | None, handle: int) -> None:
    """Give a file the rights of the one whose place it takes: who made that executable or private meant it."""
    if hasattr(os, "fchmod"):
        with contextlib.suppress(FileNotFoundError):
            os.fchmod(handle, os.stat(path, dir_fd=folder).st_mode & 0o777)


def trash_file(root: Path, relative: str, *, expected: bytes) -> None:
    """Move a file to the trash, if it still is what we saw.

    Raises:
        CannotWrite: it changed meanwhile, or the disk refuses.
    """
    path = inside(root, relative)
    check_unchanged(path, relative, expected)
    place = inside(root, f"{TRASH}/{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}/{relative}")
    while place.exists():
        place = place.with_name(f"{place.name}.{os.urandom(4).hex()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
        sync_folder(path.parent)
    except OSError as error:
        raise CannotWrite(f"{relative} cannot be moved to the trash: {error.strerror}") from error


def keep_copy(root: Path, relative: str, content: bytes) -> None:
    """Put a copy of what is about to be replaced into the trash."""
    place = f"{TRASH}/{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{os.urandom(4).hex()}/{relative}"
    write_file(root, place, content, expected=None)


def moved_ns(root: Path, relative: str) -> float:
    """Say when a file's content or status last changed, in nanoseconds since 1970; for ever where nobody knows."""
    try:
        found = (root / relative).lstat()
    except (OSError, ValueError):
        return math.inf
    return max(found.st_mtime_ns, found.st_ctime_ns)


def inside(root: Path, relative: str) -> Path:
    """Find a path in the workspace.

    Raises:
        BadResource: it leads out, by its words or through a link.
    """
    path = root / relative
    if _is_free_of_links(root, relative):
        return path
    real_root = root.resolve()
    try:
        real = path.resolve()
    except (OSError, RuntimeError) as error:
        raise BadResource(f"{relative} cannot be followed: {error}", hint="remove the link") from error
    except ValueError as error:
        raise BadResource(f"{relative!r} cannot be the name of a file: {error}") from error
    if real != real_root and real_root not in real.parents:
        raise BadResource(f"{relative} leads out of the workspace", hint="put the file itself there, not a link to it")
    return path


def _is_free_of_links(root: Path, relative: str) -> bool:
    """Tell whether a path certainly stays below the root, as no part of it is a link or leads upwards.

    Three questions to the system, where resolving both paths takes twenty.
    """
    parts = relative.split("/")
    if os.sep != "/" or not {"", ".", ".."}.isdisjoint(parts):
        return False
    place = str(root)
    for part in parts:
        place = f"{place}/{part}"
        try:
            if stat.S_ISLNK(os.lstat(place).st_mode):
                return False
        except FileNotFoundError:
            # what is not there leads nowhere, and nothing lies below it
            return True
        except (OSError, ValueError):
            return False
    return True


def check_unchanged(path: Path, relative: str, expected: bytes | None) -> None:
    """See that a file still is what we saw.

    Raises:
        CannotWrite: it changed meanwhile.
        BadResource: it cannot be read.
    """
    if _read_at(path, relative) != expected:
        raise explain_change(relative)


def explain_change(relative: str) -> CannotWrite:
    """Say that a file is no longer what we saw."""
    return CannotWrite(f"{relative} changed while we worked; it is left as it is", hint="run the command again")


def explain_refusal(relative: str, error: OSError) -> CannotWrite:
    """Say that the disk refuses, and what to look at."""
    return CannotWrite(
        f"{relative} cannot be written: {error.strerror}", hint="check the rights of the folder and the free space"
    )


def sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut, where the system lets a folder be opened."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
