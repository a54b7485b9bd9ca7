"""What the system says of the files of a folder: the only thing that is asked about those that nobody touched."""

from __future__ import annotations

import os
from itertools import chain, takewhile
from operator import attrgetter
from typing import TYPE_CHECKING

from cochat_devkit.workspace.statcache import Stats, pack_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cochat_devkit.kinds.kind import FileForm
    from cochat_devkit.workspace.statcache import Stat

#: stands for what cannot be asked: it is like nothing that was known before, smudged or not
UNSURE: Stat = (-2, -2, -2, -2, -2)
#: names the folder of a kind itself among what lies in it; every folder's name ends with a slash
_HERE = "./"
_AT_A_TIME = 256
#: takes out of what the system says of a file what tells whether it is as it was
NUMBERS: Callable[[os.stat_result], Stat] = attrgetter("st_mode", "st_size", "st_mtime_ns", "st_ctime_ns", "st_ino")


def ask_as_before(place: str, before: Stats) -> Stats | None:
    """Ask for what was there the last time, without listing; None where a folder changed since: it may hold others.

    A folder bears another time as soon as a name comes or goes, as POSIX has it.
    """
    names = before.split_names()
    if names[:1] != [_HERE] or os.stat not in os.supports_dir_fd:
        return None
    folders = [*takewhile(is_folder, names)]
    # asking an open folder for what is in it by name alone takes a fifth less
    handle = os.open(place, os.O_RDONLY)
    try:
        # without the slash: with it, the system follows a link
        numbers = _ask_each([name[:-1] for name in folders], handle)
        if not before.numbers.startswith(numbers):
            return None
        return Stats(before.names, numbers + _ask_each(names[len(folders) :], handle))
    finally:
        os.close(handle)


def _ask_each(names: Sequence[str], handle: int) -> bytes:
    """Ask for what has these names in an open folder: the numbers, packed."""
    # some at a time: room that was used a moment ago is quicker to write to
    return b"".join(
        pack_numbers(_ask_some(names[start : start + _AT_A_TIME], handle)) for start in range(0, len(names), _AT_A_TIME)
    )


def _ask_some(names: Iterable[str], handle: int) -> list[int]:
    numbers: list[int] = []
    for name in names:
        try:
            numbers += NUMBERS(os.stat(name, dir_fd=handle, follow_symlinks=False))
        except OSError:
            numbers += UNSURE
    return numbers


def ask_in(folder: str, suffixes: tuple[str, ...]) -> Stats:
    """Ask for the files of a folder that end so and are not hidden."""
    # before it is listed: what comes later is seen the next time
    names, numbers = [_HERE], [*NUMBERS(os.lstat(f"{folder}/{_HERE}"))]
    with os.scandir(folder) as entries:
        _ask_for(entries, names, numbers, suffixes=suffixes)
    return Stats.of(names, numbers)


def _ask_for(
    entries: Iterable[os.DirEntry[str]],
    names: list[str],
    numbers: list[int],
    *,
    suffixes: tuple[str, ...] = ("",),
    lead: str = "",
    folders: list[str] | None = None,
) -> None:
    """Ask for what ends so and is not hidden; `lead` goes before its name.

    Where `folders` is given, it takes the folders, and nobody asks for those.
    """
    for entry in entries:
        name = entry.name
        if name[0] == ".":
            continue
        if folders is not None and entry.is_dir(follow_symlinks=False):
            folders.append(lead + name)
        elif name.endswith(suffixes):
            names.append(lead + name)
            try:
                numbers += NUMBERS(entry.stat(follow_symlinks=False))
            except OSError:
                numbers += UNSURE


def ask_in_folders(folder: str, form: FileForm) -> Stats:
    """Ask for sidecars, and for all that lies in the resources' own folders."""
    names: list[str] = []
    numbers: list[int] = []
    # of every folder what it was before it was listed: what comes later is seen the next time
    folders: dict[str, Stat] = {_HERE: NUMBERS(os.lstat(f"{folder}/{_HERE}"))}
    with os.scandir(folder) as entries:
        shown = [each for each in entries if each.name[0] != "."]
    _ask_for(shown, names, numbers, suffixes=(form.sidecar_suffix,))
    # what may be a folder behind a link, or one that cannot be listed, is always looked at closer
    folders |= {f"{each.name}/": UNSURE for each in shown if each.is_symlink()}
    waiting = [each.name for each in shown if each.is_dir(follow_symlinks=False)]
    while waiting:
        path = waiting.pop()
        deeper: list[str] = []
        try:
            folders[f"{path}/"] = NUMBERS(os.lstat(f"{folder}/{path}"))
            with os.scandir(f"{folder}/{path}") as entries:
                _ask_for(entries, names, numbers, lead=f"{path}/", folders=deeper)
        except OSError:
            folders[f"{path}/"] = UNSURE
        if form.tree_field:
            waiting += [each for each in deeper if not each.endswith("/__pycache__")]
    return Stats.of([*folders, *names], [*chain.from_iterable(folders.values()), *numbers])


def is_folder(name: str) -> bool:
    """Tell whether a name stands for a folder."""
    return name.endswith("/")
