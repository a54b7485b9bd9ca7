"""The only code that imports watchdog: file events below a folder, as paths on a queue."""

from __future__ import annotations

import os
import queue
from typing import TYPE_CHECKING

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from cochat_devkit.errors import LocalError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

#: an editor's own files, and ours
_IGNORED_ENDS = (".tmp", ".swp", ".swx", "~", ".pyc")
_MOVING = ("created", "modified", "moved", "deleted")


class Watcher(FileSystemEventHandler):
    """Watch folders while the block runs. Events are hints: whoever gets one looks at the file."""

    def __init__(self, root: Path, folders: list[str]) -> None:
        self._root = root
        self._queue: queue.Queue[str] = queue.Queue()
        self._observer = Observer()
        for folder in folders:
            place = root / folder
            if place.is_dir():
                self._observer.schedule(self, str(place), recursive=True)

    def __enter__(self) -> Self:
        try:
            self._observer.start()
        except OSError as error:
            raise LocalError(
                f"the system does not let us watch {self._root}: {error.strerror}",
                hint="raise the limit of watched files (fs.inotify.max_user_watches)",
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._observer.stop()
        self._observer.join()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Put the paths that an event is about on the queue."""
        if event.is_directory or event.event_type not in _MOVING:
            return
        for raw in (event.src_path, event.dest_path):
            path = os.fsdecode(raw)
            if path and not path.endswith(_IGNORED_ENDS) and "/__pycache__/" not in path:
                self._queue.put(path)

    def next_path(self, timeout_s: float) -> str | None:
        """Wait for a path, relative to the workspace; None when the time is over.

        Raises:
            LocalError: the watcher died.
        """
        try:
            path = self._queue.get(timeout=timeout_s)
        except queue.Empty:
            if not self._observer.is_alive():
                raise LocalError("the file watcher died", hint="run cochat dev again") from None
            return None
        try:
            return str((self._root / path).relative_to(self._root)).replace("\\", "/")
        except ValueError:
            return path
