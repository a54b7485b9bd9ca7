"""What a filter's source says of itself: its hooks, its switch, where it stands among others; read, and never run.

What cannot be read for certain is None: a value may be worked out, and a class may be changed after it was made.
"""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

#: in the order in which a message meets them; `request` is the 0.12 generation's
HOOKS = ("inlet", "request", "stream", "outlet")
#: what makes more of an instance than its class shows
_MAGIC = ("__getattr__", "__getattribute__", "__new__", "__setattr__", "__init_subclass__")
_MAGIC_WORDS = ("setattr", "delattr", "vars", "__dict__", "__class__", "exec", "eval")
#: what makes more of valves than their fields show
_MAKERS = (*_MAGIC, "__init__", "model_post_init", "model_config", "Config")
_VALIDATORS = ("field_validator", "validator")
_VALIDATORS_OF_ALL = ("model_validator", "root_validator")
_SIMPLE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)


class FilterSource(NamedTuple):
    """Hold what a source says; None where only running it could tell.

    `priority` is what its valves say when none are saved, 0 without such a valve; `has_priority`, whether there is
    one. `toggle` tells whether people can switch it on and off, `hooks` which of `HOOKS` it has.
    """

    priority: float | None = None
    has_priority: bool | None = None
    toggle: bool | None = None
    hooks: tuple[str, ...] | None = None


class _Unsure(Exception):
    """What is asked for cannot be read for certain."""


def read_filter(source: str) -> FilterSource:
    """Read what the source of a filter says of it."""
    try:
        names = _Names(_parsed(source))
        line = names.line_of("Filter")
        names.check_untouched(line)
        has_priority, priority = _read_priority(names, line)
        return FilterSource(priority, has_priority, _read_toggle(line), _read_hooks(line))
    except (SyntaxError, ValueError, RecursionError, MemoryError, _Unsure):
        return FilterSource()


class _Line(NamedTuple):
    """Hold a class and those that it is made of, itself first; `is_open` where some of these are not in the module."""

    classes: tuple[ast.ClassDef, ...]
    is_open: bool

    def find(self, name: str) -> ast.stmt | None:
        """Find what binds a name in the body of a class; None where nothing does.

        Raises:
            _Unsure: several statements do, or one does only if something is so.
        """
        for each in self.classes:
            found = [statement for statement in each.body if name in _bound_by(statement)]
            if found:
                return _only(found)
        if self.is_open:
            raise _Unsure
        return None


class _Names:
    """Know what the names of a module stand for, where each stands for one thing."""

    def __init__(self, module: ast.Module) -> None:
        self._module = module
        self._bound: dict[str, list[ast.stmt]] = {}
        for statement in module.body:
            for name in _bound_by(statement):
                self._bound.setdefault(name, []).append(statement)

    def line_of(self, name: str) -> _Line:
        """Find a class of the module, and what it is made of.

        Raises:
            _Unsure: the name is not, or not only, a class of the module.
        """
        found = _only(self._bound.get(name, []))
        if not isinstance(found, ast.ClassDef):
            raise _Unsure
        return self.line_from(found)

    def line_from(self, made: ast.ClassDef) -> _Line:
        """Follow a class to its base, and on from there.

        Raises:
            _Unsure: it is made of several, or a decorator or a keyword may make something else of it.
        """
        line = [made]
        while True:
            if made.decorator_list or made.keywords or len(made.bases) > 1:
                raise _Unsure
            if not made.bases or self._adds_nothing(made.bases[0]):
                return _Line(tuple(line), is_open=False)
            base = made.bases[0]
            bound = self._bound.get(base.id, []) if isinstance(base, ast.Name) else []
            if len(bound) != 1 or not isinstance(bound[0], ast.ClassDef) or bound[0] in line:
                return _Line(tuple(line), is_open=True)
            made = bound[0]
            line.append(made)

    def check_untouched(self, line: _Line) -> None:
        """Make sure that nothing in the module changes a class after it was made.

        Raises:
            _Unsure: something may.
        """
        names = {each.name for each in line.classes}
        for statement in self._module.body:
            if not isinstance(statement, _SIMPLE[:3]) and names & {*_names_in(statement)}:
                raise _Unsure
        for node in ast.walk(self._module):
            if isinstance(node, ast.Global) and names & {*node.names}:
                raise _Unsure
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load) and names & {*_names_in(node)}:
                raise _Unsure

    def number(self, value: ast.expr | None) -> float:
        """Read a number, or a name that stands for one.

        Raises:
            _Unsure: it is neither.
        """
        if isinstance(value, ast.Name):
            found = _only(self._bound.get(value.id, []))
            value = found.value if isinstance(found, ast.Assign | ast.AnnAssign) else None
        number = _literal(value)
        if not isinstance(number, int | float):
            raise _Unsure
        return number

    def _adds_nothing(self, base: ast.expr) -> bool:
        bound = self._bound.get(ast.unparse(base).partition(".")[0], [])
        if ast.unparse(base) == "object":
            return not bound
        if not bound or not all(isinstance(each, ast.Import | ast.ImportFrom) for each in bound):
            return False
        return ast.unparse(base) in ("BaseModel", "pydantic.BaseModel") and all(
            "pydantic" in ast.unparse(each) for each in bound
        )


def _parsed(source: str) -> ast.Module:
    with warnings.catch_warnings():
        # what Python thinks of a stranger's source is no news to whoever asks for a chain
        warnings.simplefilter("ignore")
        return ast.parse(source.removeprefix("\ufeff"))


def _read_priority(names: _Names, line: _Line) -> tuple[bool | None, float | None]:
    """Read whether there is such a valve, and what it says when nothing is saved."""
    try:
        _check_plain(line, "Valves")
        valves = _valves_of(names, line)
        found = valves.find("priority") if valves else None
        if valves is None or found is None:
            return False, 0
        _check_valves(valves)
        if not isinstance(found, ast.AnnAssign):
            return None, None
    except _Unsure:
        return None, None
    try:
        fields = (each for made in valves.classes for each in made.body if isinstance(each, ast.AnnAssign))
        if any(_default_of(each) is None for each in fields if _is_field(each)):
            return True, None
        return True, names.number(_default_of(found))
    except _Unsure:
        return True, None


def _valves_of(names: _Names, line: _Line) -> _Line | None:
    found = line.find("Valves")
    if found is None:
        return None
    if isinstance(found, ast.ClassDef):
        return names.line_from(found)
    if isinstance(found, ast.Assign) and isinstance(found.value, ast.Name):
        return names.line_of(found.value.id)
    raise _Unsure


def _check_valves(valves: _Line) -> None:
    """Make sure that valves are what their fields say.

    Raises:
        _Unsure: something may make another value of the priority.
    """
    if valves.is_open or not valves.classes[-1].bases:
        raise _Unsure
    for statement in (each for made in valves.classes for each in made.body):
        if {*_bound_by(statement)} & {*_MAKERS}:
            raise _Unsure
        for decorator in statement.decorator_list if isinstance(statement, ast.FunctionDef) else ():
            words = {*_names_in(decorator), *(each.attr for each in _attributes_in(decorator))}
            told = {node.value for node in ast.walk(decorator) if isinstance(node, ast.Constant)}
            if words & {*_VALIDATORS_OF_ALL} or (words & {*_VALIDATORS} and told & {"priority", "*"}):
                raise _Unsure


def _is_field(statement: ast.AnnAssign) -> bool:
    """Tell whether a line of valves is one: what begins with an underscore is not, nor what belongs to the class."""
    is_named = isinstance(statement.target, ast.Name) and not statement.target.id.startswith("_")
    return is_named and "ClassVar" not in ast.unparse(statement.annotation)


def _default_of(statement: ast.AnnAssign) -> ast.expr | None:
    """Find what a valve says when nothing is saved; None where it must be.

    Raises:
        _Unsure: it is worked out, or saved under another name.
    """
    value = statement.value
    if not isinstance(value, ast.Call):
        return value
    if ast.unparse(value.func) not in ("Field", "pydantic.Field"):
        raise _Unsure
    given = {each.arg: each.value for each in value.keywords}
    if not {"alias", "validation_alias", None}.isdisjoint(given) or len(value.args) > 1:
        raise _Unsure
    if "default_factory" in given:
        return given["default_factory"]
    default = value.args[0] if value.args else given.get("default")
    return None if isinstance(default, ast.Constant) and default.value is ... else default


def _read_toggle(line: _Line) -> bool | None:
    """Read whether people can switch the filter on and off."""
    try:
        _check_plain(line)
        stored = [each for each in _stored_in(line) if each.attr == "toggle"]
        if not stored:
            return _truth_of(line.find("toggle"))
        made = line.find("__init__")
        if not isinstance(made, ast.FunctionDef):
            return None
        given = [each for each in made.body if _stores_on_self(each, made, "toggle")]
        found = {_truth_of(each) for each in given}
        return found.pop() if len(given) == len(stored) and len(found) == 1 and not _ends_early(made) else None
    except _Unsure:
        return None


def _truth_of(statement: ast.stmt | None) -> bool:
    """Tell whether what a statement binds is true.

    Raises:
        _Unsure: that is worked out.
    """
    if statement is None:
        return False
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and not statement.decorator_list:
        return True
    if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        return bool(_literal(statement.value))
    raise _Unsure


def _stores_on_self(statement: ast.stmt, method: ast.FunctionDef, name: str) -> bool:
    """Tell whether a statement is `self.name = …`."""
    match statement:
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=owner), attr=attribute)]):
            return attribute == name and [owner] == [each.arg for each in method.args.args[:1]]
        case ast.AnnAssign(target=ast.Attribute(value=ast.Name(id=owner), attr=attribute), value=ast.expr()):
            return attribute == name and [owner] == [each.arg for each in method.args.args[:1]]
    return False


def _ends_early(method: ast.FunctionDef) -> bool:
    """Tell whether a method may not come to its end, or hands out what it is called on."""
    own = {each.arg for each in method.args.args[:1]}
    return any(
        isinstance(node, ast.Return)
        or (isinstance(node, ast.Call) and any(isinstance(each, ast.Name) and each.id in own for each in node.args))
        for node in ast.walk(method)
    )


def _read_hooks(line: _Line) -> tuple[str, ...] | None:
    """Read which hooks a filter has."""
    try:
        _check_plain(line, *HOOKS)
        return tuple(hook for hook in HOOKS if _is_method(line.find(hook)))
    except _Unsure:
        return None


def _is_method(statement: ast.stmt | None) -> bool:
    """Tell whether what a statement binds can be called.

    Raises:
        _Unsure: that is worked out.
    """
    match statement:
        case None | ast.Assign(value=ast.Constant(value=None)):
            return False
        case ast.FunctionDef(decorator_list=made) | ast.AsyncFunctionDef(decorator_list=made):
            if all(isinstance(each, ast.Name) and each.id in ("staticmethod", "classmethod") for each in made):
                return True
    raise _Unsure


def _check_plain(line: _Line, *names: str) -> None:
    """Make sure that instances are what their class says, and that none of some names is given to one alone.

    Raises:
        _Unsure: they may be more.
    """
    for made in line.classes:
        words = {*_names_in(made), *(each.attr for each in _attributes_in(made))}
        if words & {*_MAGIC_WORDS} or {name for each in made.body for name in _bound_by(each)} & {*_MAGIC}:
            raise _Unsure
    if {each.attr for each in _stored_in(line)} & {*names}:
        raise _Unsure


def _stored_in(line: _Line) -> Iterator[ast.Attribute]:
    """Find what the methods of a class store, or take away, as an attribute of whatever it is."""
    for made in line.classes:
        yield from (each for each in _attributes_in(made) if not isinstance(each.ctx, ast.Load))


def _attributes_in(node: ast.AST) -> Iterator[ast.Attribute]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Attribute))


def _names_in(node: ast.AST) -> Iterator[str]:
    return (each.id for each in ast.walk(node) if isinstance(each, ast.Name))


def _bound_by(statement: ast.stmt) -> Iterator[str]:
    """Name what a statement binds where it stands; of one that holds others, whatever may be bound in it."""
    if isinstance(statement, _SIMPLE[:3]):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]


def _only(found: list[ast.stmt]) -> ast.stmt:
    """Take the one statement that binds a name.

    Raises:
        _Unsure: there are none or several, or it does so only if something is so.
    """
    if len(found) != 1 or not isinstance(found[0], _SIMPLE):
        raise _Unsure
    return found[0]


def _literal(value: ast.expr | None) -> object:
    """Read a value that is written out.

    Raises:
        _Unsure: it is worked out.
    """
    try:
        return ast.literal_eval(value) if value is not None else None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise _Unsure from error
