"""Dev: watch the plugins; on every save check, test and, when asked, push."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit.errors import DevkitError
from cochat_devkit.kinds import all_kinds, ref_of
from cochat_devkit.operations.check import NOT_LOADED, check_plugins_of
from cochat_devkit.operations.packages import python_of
from cochat_devkit.operations.session import select
from cochat_devkit.operations.test import test_path_of, test_plugins_of
from cochat_devkit.workspace.tree import LocalResource, read_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.events import Emit
    from cochat_devkit.findings import Finding
    from cochat_devkit.plugin import PluginLoader

Snapshot = dict[str, tuple[LocalResource, bytes | None]]

#: an editor's save is several events within some milliseconds
QUIET_MS = 60
#: how often a quiet watcher looks whether it still lives, and whether files changed without an event
RESCAN_S = 30.0


@dataclass(frozen=True)
class Round:
    """Say how one save went: the gate that stopped it ("check", "trust", "test", "push"), or "ok"."""

    ref: str
    path: str
    stopped_at: str
    findings: tuple[Finding, ...]
    message: str
    ms: int

    @property
    def is_ok(self) -> bool:
        """Tell whether every gate was passed."""
        return self.stopped_at == "ok"


def dev(
    config: Config,
    *,
    push_to: str | None,
    emit: Emit,
    on_round: Callable[[Round], None],
    on_ready: Callable[[], None],
    is_over: Callable[[], bool] = lambda: False,
) -> None:
    """Watch until interrupted; each saved plugin makes one round through the gates.

    Raises:
        LocalError: the system does not let us watch, or the watcher died.
    """
    from cochat_devkit.runtime.child_loader import ChildLoader
    from cochat_devkit.watching.debounce import Debouncer
    from cochat_devkit.watching.watcher import Watcher

    debouncer = Debouncer(QUIET_MS / 1000)
    seen = _look(config)
    folders = sorted({folder.split("/")[0] for kind in all_kinds() for folder in kind.folders.values()})
    with closing(ChildLoader(python=python_of(config))) as loader, Watcher(config.root, folders) as watcher:
        on_ready()
        last_scan_s = time.monotonic()
        while not is_over():
            wait_s = debouncer.wait_s(time.monotonic())
            path = watcher.next_path(min(1.0, RESCAN_S if wait_s is None else wait_s))
            now_s = time.monotonic()
            if path is not None:
                debouncer.note(path, now_s)
            ready = debouncer.take_quiet(now_s)
            if not ready and now_s - last_scan_s < RESCAN_S:
                continue
            last_scan_s = now_s
            known, seen = seen, _look(config)
            for path, (local, test) in seen.items():
                # our own writes and mere touches are no change of content
                if known.get(path) != (local, test):
                    on_round(_round(config, local, push_to, loader, emit))


def _round(config: Config, local: LocalResource, push_to: str | None, loader: PluginLoader, emit: Emit) -> Round:
    """Take one saved plugin through the gates; the first with a finding ends the round."""
    from cochat_devkit.operations.push import PushOptions, push

    started_s = time.perf_counter()

    def ended(stopped_at: str, message: str, findings: Sequence[Finding] = ()) -> Round:
        ms = round((time.perf_counter() - started_s) * 1000)
        return Round(
            ref_of(local.resource.key, local.resource.type), local.path, stopped_at, tuple(findings), message, ms
        )

    findings = check_plugins_of(config, [local], emit=emit, loader=loader)
    is_well = not any(each.stops for each in findings)
    if not is_well or any(each.code == NOT_LOADED for each in findings):
        stopped_at, message = ("trust", "was not loaded") if is_well else ("check", "does not pass the check")
        return ended(stopped_at, message, findings)
    tested = test_plugins_of(config, [local], home=config)
    if tested.failed:
        return ended("test", f"{tested.failed} of its tests fail", tested.findings)
    passed = f"{tested.passed} tests" if tested.passed else "no tests"
    if push_to is None:
        return ended("ok", f"checked, {passed}", findings)
    ref = ref_of(local.resource.key, local.resource.type)
    try:
        options = PushOptions(verify=False, checked={local.key: local.fingerprint})
        report = push(config, select([ref]), target=push_to, options=options, emit=emit)
    except DevkitError as error:
        return ended("push", error.message)
    failed = [each for each in report.items if not each.ok]
    if failed:
        return ended("push", failed[0].error or failed[0].reason)
    return ended("ok", f"checked, {passed}, pushed to {push_to}", findings)


def _look(config: Config) -> Snapshot:
    """Read what a save may change: by path of the plugin what its files say, and its tests."""
    tree = read_tree(config.root, all_kinds())
    snapshot: Snapshot = {}
    for local in tree.found.values():
        test = config.root / test_path_of(local.path)
        snapshot[local.path] = (local, test.read_bytes() if test.is_file() else None)
    return snapshot
