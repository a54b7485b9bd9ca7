"""The server's own steps from a source text to a plugin's instance and facts; runs plugin code in this process.

Only a child process, or a test process whose owner asked for it, may come here.

Source: Open WebUI 0.12.4 and 0.6.43, utils/plugin.py, routers/tools.py, routers/functions.py; checked by
tests/runtime/ against records of the real loader.
"""

from __future__ import annotations
import __future__

import inspect
import sys
import traceback
import types
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cochat_devkit.kinds.plugin_source import parse_frontmatter, replace_imports
from cochat_devkit.plugin import Hook, LoadFailure, LoadRequest, PluginFacts
from cochat_devkit.runtime.offers import icon_of, priority_of
from cochat_devkit.runtime.people import make_user
from cochat_devkit.runtime.specs import make_spec, model_specs, told_apart, tool_methods
from cochat_devkit.runtime.valve_options import with_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cochat_devkit.plugin import Generation, PluginKind
    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.specs import KnownHints

_TYPES = {"Tools": "tool", "Pipe": "pipe", "Filter": "filter", "Action": "action", "Event": "event"}
_HOOKS = {
    "tool": (),
    "pipe": ("pipe", "pipes"),
    "filter": ("inlet", "outlet", "stream", "request"),
    "action": ("action",),
    "event": ("event",),
}
#: the 0.12 generation executes a text inside a module that defers its annotations, and so defers those of the text
_COMPILED_WITH = {"0.12": __future__.annotations.compiler_flag, "0.6": 0}


class NoEntryClass(Exception):
    """A module has none of the classes that a server looks for."""


class NoValves(Exception):
    """A plugin has no Valves, or no UserValves, to check values against."""


class BadMethod(Exception):
    """A tool's method has no spec; the cause says why."""

    def __init__(self, line: int | None) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True)
class Loaded:
    """Hold a plugin that was loaded into this process."""

    id: str
    instance: Any
    type: str
    frontmatter: dict[str, str]
    module: types.ModuleType
    filename: str


def entry_classes(kind: PluginKind, generation: Generation) -> tuple[str, ...]:
    """Name the classes that a server looks for, first hit wins."""
    if kind == "tool":
        return ("Tools",)
    return ("Pipe", "Filter", "Action") if generation == "0.6" else ("Pipe", "Filter", "Action", "Event")


def filename_of(request: LoadRequest) -> str:
    """Name the file that tracebacks speak of: the real one, or a name that nothing else has."""
    return str(request.path.absolute()) if request.path else f"<{request.kind}/{request.id}>"


def load_here(request: LoadRequest, *, scratch_dir: Path | None = None) -> Loaded:
    """Execute a plugin and make its instance, in this process.

    `scratch_dir` is where a text that came over the wire gets a file for its `__file__`.

    Raises:
        NoEntryClass: the module has no class that a server looks for.
        BaseException: whatever the plugin raises.
    """
    source = replace_imports(request.source)
    frontmatter = parse_frontmatter(source)
    filename = filename_of(request)
    module = types.ModuleType(f"{request.kind}_{request.id}")
    sys.modules[module.__name__] = module
    try:
        module.__dict__["__file__"] = filename if request.path else _written(source, module.__name__, scratch_dir)
        flags = _COMPILED_WITH[request.generation]
        exec(compile(source, filename, "exec", flags, dont_inherit=True), module.__dict__)  # noqa: S102 - the purpose
        for name in entry_classes(request.kind, request.generation):
            if hasattr(module, name):
                return Loaded(request.id, getattr(module, name)(), _TYPES[name], frontmatter, module, filename)
    except BaseException:
        sys.modules.pop(module.__name__, None)
        raise
    sys.modules.pop(module.__name__, None)
    raise NoEntryClass(f"No {'Tools' if request.kind == 'tool' else 'Function'} class found in the module")


def stored_specs(loaded: Loaded, generation: Generation) -> list[Json]:
    """Make the specs that the server stores; empty for functions.

    Raises:
        BadMethod: a method has no spec.
    """
    if loaded.type != "tool":
        return []
    if generation != "0.6":
        # the 0.12 generation has taken the module out again by now, which a deferred annotation can notice
        sys.modules.pop(loaded.module.__name__, None)
    try:
        known: KnownHints = {}
        return [_spec_of(method, loaded, generation, known) for method in tool_methods(loaded.instance, generation)]
    finally:
        sys.modules[loaded.module.__name__] = loaded.module


def describe(loaded: Loaded, generation: Generation) -> PluginFacts:
    """Say what the server would know of a loaded plugin.

    Raises:
        BadMethod: a tool's method has no spec, so the server would refuse the tool.
    """
    instance = loaded.instance
    methods = tool_methods(instance, generation) if loaded.type == "tool" else []
    specs = stored_specs(loaded, generation)
    return PluginFacts(
        type=loaded.type,
        frontmatter=loaded.frontmatter,
        specs=specs,
        model_specs=told_apart(model_specs(instance, specs), loaded.id, generation),
        hooks={each.__name__: _hook_of(each) for each in methods} or _hooks_of(loaded, generation),
        has_user_valves=hasattr(instance, "UserValves"),
        valves=schema_of(getattr(instance, "Valves", None), generation),
        user_valves=schema_of(getattr(instance, "UserValves", None), generation),
        toggle=loaded.type == "filter" and bool(getattr(instance, "toggle", False)),
        priority=priority_of(instance, {}, generation) if loaded.type in ("filter", "action") else None,
        icon=None if loaded.type == "tool" else loaded.frontmatter.get("icon_url") or icon_of(instance),
    )


def hook_names(loaded: Loaded, generation: Generation) -> list[str]:
    """Name the hooks that a function has, of those that a generation calls."""
    names = [each for each in _HOOKS[loaded.type] if generation != "0.6" or each != "request"]
    return [each for each in names if hasattr(loaded.instance, each)]


def _hooks_of(loaded: Loaded, generation: Generation) -> dict[str, Hook]:
    """Describe the hooks that a function has."""
    return {each: _hook_of(getattr(loaded.instance, each)) for each in hook_names(loaded, generation)}


def _hook_of(method: Any) -> Hook:
    if not callable(method):
        return Hook(is_callable=False)
    try:
        parameters = tuple(inspect.signature(method).parameters)
    except (TypeError, ValueError):
        parameters = ()  # a callable of C may have no signature
    return Hook(
        parameters,
        is_async=inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method),
        yields=inspect.isgeneratorfunction(method) or inspect.isasyncgenfunction(method),
    )


def pass_through_valves(loaded: Loaded, values: Json, *, user: bool) -> Json:
    """Validate values as the server's valves/update does: what was set, without nulls and unknown keys.

    Raises:
        NoValves: the plugin has no such class.
        Exception: whatever the class raises, mostly pydantic's ValidationError.
    """
    name = "UserValves" if user else "Valves"
    if not hasattr(loaded.instance, name):
        raise NoValves(f"the plugin has no {name}")
    given = {key: value for key, value in values.items() if value is not None}
    return getattr(loaded.instance, name)(**given).model_dump(exclude_unset=True)


def to_failure(error: BaseException, filename: str) -> LoadFailure:
    """Say why a plugin did not load, in the server's words and with the line that the server hides."""
    line = _line_in(error, filename)
    if isinstance(error, BadMethod) and error.__cause__ is not None:
        line, error = error.line, error.__cause__
    if isinstance(error, SyntaxError) and error.filename == filename:
        error.filename = "<string>"  # the server compiles a nameless text, and its message says so
    return LoadFailure(
        exception=type(error).__name__,
        message=_text_of(error),
        line=line,
        missing_module=_missing_module(error),
        lacking_module=error.name if type(error) is ImportError else None,
    )


def _written(source: str, name: str, folder: Path | None) -> str:
    """Give a text that came over the wire a file, as the server does."""
    if folder is None:
        return f"{name}.py"
    path = folder / f"{name}.py"
    path.write_text(source, encoding="utf-8", errors="surrogatepass", newline="")
    return str(path)


def _spec_of(method: Callable[..., Any], loaded: Loaded, generation: Generation, known: KnownHints) -> Json:
    try:
        return make_spec(method, generation, known)
    except Exception as error:
        code = getattr(method, "__code__", None)
        if code is None or code.co_filename != loaded.filename:
            raise BadMethod(None) from error
        raise BadMethod(code.co_firstlineno) from error


def schema_of(valves: Any, generation: Generation = "0.6") -> Json:
    """Read a Valves class's schema; None where the server's own route would answer 500.

    As of 0.6 it is what is written; as of 0.12 with the choices that methods make.
    """
    if valves is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            schema = valves.schema()
            return schema if generation == "0.6" else with_options(valves, schema, lambda: make_user("admin"))
    except Exception:  # noqa: BLE001 - a plugin's class may raise anything
        return None


def _line_in(error: BaseException, filename: str) -> int | None:
    """Find the innermost line of the plugin that an exception passed through."""
    if isinstance(error, SyntaxError) and error.filename == filename:
        return error.lineno
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == filename]
    return lines[-1] if lines else None


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a plugin's exception may raise in its own __str__
        return ""


def _missing_module(error: BaseException) -> str | None:
    """Name the module that was not found, also where the plugin answered that with an exception of its own."""
    for each in _with_causes(error):
        if isinstance(each, ModuleNotFoundError):
            return each.name
    return None


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen:
        seen.append(current)
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
