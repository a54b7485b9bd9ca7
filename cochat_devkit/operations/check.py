"""Check: lint plugins, and load those that may run here as the server would, in a child process."""

from __future__ import annotations

from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource, LoadFailed, UsageError
from cochat_devkit.events import Report
from cochat_devkit.findings import Finding, Severity
from cochat_devkit.kinds import all_kinds, kind_named
from cochat_devkit.operations.offline import look_offline
from cochat_devkit.operations.packages import python_of
from cochat_devkit.operations.session import select
from cochat_devkit.operations.trust import find_untrusted, trust_hint
from cochat_devkit.workspace.tree import LocalResource, read_tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.events import Emit
    from cochat_devkit.operations.trust import Standing
    from cochat_devkit.plugin import Generation, LoadFailure, PluginLoader
    from cochat_devkit.workspace.tree import Tree

#: a plugin whose code must not run here yet
NOT_LOADED = "CC002"


def check(config: Config, words: Sequence[str], *, generation: Generation | None, fix: bool, emit: Emit) -> Report:
    """Check the plugins that some paths and addresses name, all of them for none.

    Raises:
        UsageError: a word names nothing.
    """
    chosen, tree = choose_plugins(config, words)
    findings = [
        Finding(*_place_in(fault.message), 1, "CC001", fault.message, Severity.ERROR, fault.hint)
        for fault in {each.message: each for each in (*tree.unreadable.values(), *_find_unmeant(config))}.values()
    ]
    if fix:
        from cochat_devkit.lint import fix_files

        fix_files([config.root / each.path for each in chosen], config.root)
        chosen, tree = choose_plugins(config, words)
    findings += check_plugins_of(config, chosen, emit=emit, generation=generation)
    report = Report(findings=sorted(findings))
    report.counts = {str(each): sum(f.severity is each for f in findings) for each in Severity}
    report.extra = {"plugins": len(chosen)}
    report.exit_code = 1 if any(each.stops for each in findings) else 0
    return report


def check_plugins_of(
    config: Config,
    chosen: Sequence[LocalResource],
    *,
    emit: Emit,
    generation: Generation | None = None,
    loader: PluginLoader | None = None,
    home: Config | None = None,
) -> list[Finding]:
    """Check some plugins; kinds that are none are passed over. A loader that is handed in stays open.

    `home` is the workspace whose trust and packages count, where the files lie elsewhere. What must not run here gets a
    finding that says so.
    """
    from cochat_devkit.lint import PluginFile, check_plugins
    from cochat_devkit.runtime.child_loader import ChildLoader

    held = find_untrusted(home or config, chosen)
    plugin_kinds = {kind.name: kind.plugin for kind in all_kinds() if kind.plugin}
    files = [
        PluginFile(
            kind=plugin_kinds[each.resource.key.kind],
            type=each.resource.type,
            id=each.resource.key.slug,
            path=config.root / each.path,
            shown=each.path,
            source=each.text,
            stated_valves=_stated_valves(each),
            may_run=each.resource.key not in held,
        )
        for each in chosen
        if each.resource.key.kind in plugin_kinds
    ]
    if not files:
        return []
    with nullcontext(loader) if loader else closing(ChildLoader(python=python_of(home or config))) as child:
        found = check_plugins(files, child, generation=generation or generation_of(config), root=config.root, emit=emit)
    return sorted([*found, *(_not_loaded(each) for each in held.values())])


def _not_loaded(each: Standing) -> Finding:
    message = f"looked at, and not loaded: {each.why}"
    return Finding(each.local.path, 1, 1, NOT_LOADED, message, Severity.WARNING, trust_hint([each.ref]))


def _stated_valves(each: LocalResource) -> tuple[str, ...]:
    names = kind_named(each.resource.key.kind)[0].valve_fields
    return tuple(name for name in names if each.resource.body.get(name) is not None)


def choose_plugins(config: Config, words: Sequence[str]) -> tuple[list[LocalResource], Tree]:
    """Find the resources that some paths and addresses name: (them, the tree they were found in).

    Raises:
        UsageError: a word names nothing.
    """
    tree = read_tree(config.root, all_kinds())
    found = sorted(tree.found.values(), key=lambda each: each.path)
    if not words:
        return found, tree
    chosen: dict[str, LocalResource] = {}
    for word in words:
        matches = [each for each in found if _is_meant(config, word, each)]
        if not matches and not tree.unreadable:
            raise UsageError(
                f"{word} names no plugin of this workspace", hint="give a path or an address; see cochat ls"
            )
        chosen.update((each.path, each) for each in matches)
    return list(chosen.values()), tree


def generation_of(config: Config) -> Generation:
    """Say for which generation of servers to load: the one that the default target was last seen to be."""
    from cochat_devkit.kinds.dialects import DIALECTS
    from cochat_devkit.operations.mirrored import scope_of

    scope = scope_of(config, None)
    return DIALECTS[scope.dialect].generation if scope and scope.dialect in DIALECTS else "0.12"


def load_failed(path: str, told: LoadFailure) -> LoadFailed:
    """Make the error of a plugin that a command needs loaded, and that does not load."""
    place = f"{path}:{told.line}" if told.line else path
    if told.is_only_here:
        hint = f"name its package in `requirements`, then: cochat install {path}"
        return LoadFailed(f"{place}: there is no module {told.missing_module} here", hint=hint)
    return LoadFailed(f"{place}: {told.exception}: {told.message}", hint=f"cochat check {path}")


def _is_meant(config: Config, word: str, each: LocalResource) -> bool:
    place = Path(word)
    if place.exists():
        real, file = place.resolve(), (config.root / each.path).resolve()
        return file == real or real in file.parents
    name, slash, _slug = word.partition("/")
    if not slash:
        kind_named(name)
        word = f"{name}/*"
    return not word.endswith(".py") and select([word]).has(each.resource.key, each.resource.type)


def _find_unmeant(config: Config) -> list[BadResource]:
    """Find what only shows beside what both sides agreed on: files that were emptied, or are half merged."""
    try:
        with look_offline(config, select(()), None) as known:
            return [*known.tree.unreadable.values()]
    except BadResource as fault:
        # the lock, most likely: nobody knows what was agreed on
        return [fault]


def _place_in(message: str) -> tuple[str, int]:
    """Take path and line from the head of a fault's sentence."""
    path, _, rest = message.split(" ", 1)[0].partition(":")
    line = rest.rstrip(":")
    return path, int(line) if line.isdecimal() else 1
