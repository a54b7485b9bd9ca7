"""The mutants of a module: its source with one small fault each. Pure."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Faults = Iterator[tuple[str, ast.AST]]

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """Hold the source of a module with one fault, the line that the fault is in, and what was done to it."""

    line: int
    what: str
    source: str


def make_mutants(source: str) -> list[Mutant]:
    """Make every mutant of a module, by line. Docstrings, annotations, error messages and hints are left alone."""
    tree = ast.parse(source)
    found, skipped = [], _skipped(tree)
    for place, node in enumerate(ast.walk(tree)):
        if place in skipped:
            continue
        for what, mutated in _mutations(node):
            other = copy.deepcopy(tree)
            _replace(other, place, mutated)
            found.append(Mutant(_line_of(node), what, ast.unparse(ast.fix_missing_locations(other))))
    return sorted(found, key=lambda each: (each.line, each.what))


def _mutations(node: ast.AST) -> Faults:
    """List what a node could be by mistake: (what was done, the node instead)."""
    find = _BY_TYPE.get(type(node))
    return find(node) if find else iter(())


def _compared(node: ast.Compare) -> Faults:
    for at, op in enumerate(node.ops):
        other = _COMPARED[type(op)]()
        said = f"{ast.unparse(node)}: {_name(op)} -> {_name(other)}"
        yield said, _with(node, ops=[*node.ops[:at], other, *node.ops[at + 1 :]])


def _joined(node: ast.BoolOp) -> Faults:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield f"{ast.unparse(node)}: {_name(node.op)} -> {_name(other)}", _with(node, op=other)


def _unary(node: ast.UnaryOp) -> Faults:
    yield f"{ast.unparse(node)}: without {_name(node.op)}", node.operand


def _computed(node: ast.BinOp) -> Faults:
    if type(node.op) in _COMPUTED:
        other = _COMPUTED[type(node.op)]()
        yield f"{ast.unparse(node)}: {_name(node.op)} -> {_name(other)}", _with(node, op=other)


def _constant(node: ast.Constant) -> Faults:
    value = node.value
    if isinstance(value, bool):
        yield f"{value} -> {not value}", ast.Constant(not value)
    elif isinstance(value, int):
        yield f"{value} -> {value + 1}", ast.Constant(value + 1)
    elif isinstance(value, str):
        yield f"{value!r} -> {'!' + value!r}", ast.Constant(f"!{value}")


def _either(node: ast.IfExp) -> Faults:
    yield f"{ast.unparse(node)}: the other way round", _with(node, body=node.orelse, orelse=node.body)


def _branch(node: ast.If) -> Faults:
    yield f"if {ast.unparse(node.test)}: never", _with(node, test=ast.Constant(value=False))
    yield f"if {ast.unparse(node.test)}: always", _with(node, test=ast.Constant(value=True))


def _loop(node: ast.While) -> Faults:
    yield f"while {ast.unparse(node.test)}: never", _with(node, test=ast.Constant(value=False))


def _returned(node: ast.Return) -> Faults:
    if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield f"return {ast.unparse(node.value)}: return None", _with(node, value=ast.Constant(None))


def _left_out(node: ast.stmt) -> Faults:
    if not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call):
        yield f"{ast.unparse(node)}: left out", ast.Pass()


def _called(node: ast.Call) -> Faults:
    if isinstance(node.func, ast.Name) and node.func.id in _SWAPPED:
        other = _SWAPPED[node.func.id]
        yield f"{node.func.id} -> {other}", _with(node, func=ast.Name(other, ast.Load()))


def _sliced(node: ast.Slice) -> Faults:
    if node.lower:
        yield f"[{ast.unparse(node)}]: without its start", _with(node, lower=None)
    if node.upper:
        yield f"[{ast.unparse(node)}]: without its end", _with(node, upper=None)


def _filtered(node: ast.comprehension) -> Faults:
    if node.ifs:
        yield f"if {ast.unparse(node.ifs[0])}: left out", _with(node, ifs=node.ifs[1:])


_BY_TYPE: dict[type, Callable[..., Faults]] = {
    ast.Compare: _compared,
    ast.BoolOp: _joined,
    ast.UnaryOp: _unary,
    ast.BinOp: _computed,
    ast.Constant: _constant,
    ast.IfExp: _either,
    ast.If: _branch,
    ast.While: _loop,
    ast.Return: _returned,
    ast.Expr: _left_out,
    ast.AugAssign: _left_out,
    ast.Continue: _left_out,
    ast.Break: _left_out,
    ast.Raise: _left_out,
    ast.Call: _called,
    ast.Slice: _sliced,
    ast.comprehension: _filtered,
}


def _line_of(node: ast.AST) -> int:
    """Say where a node is; a comprehension has no line of its own."""
    return next(each.lineno for each in ast.walk(node) if hasattr(each, "lineno"))


def _skipped(tree: ast.Module) -> set[int]:
    """Number the nodes that are no behaviour: docstrings, annotations, what errors say, what is for type checkers."""
    doomed = {inner for node in ast.walk(tree) for root in _silent(node) for inner in ast.walk(root)}
    return {place for place, node in enumerate(ast.walk(tree)) if node in doomed}


def _silent(node: ast.AST) -> list[ast.AST]:
    """List what of a node is no behaviour."""
    found: list[ast.AST] = []
    match node:
        case ast.Expr(value=ast.Constant()) | ast.If(test=ast.Name(id="TYPE_CHECKING")):
            found = [node]
        case ast.FunctionDef(args=arguments):
            declared = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            types = (node.returns, *(each.annotation for each in declared))
            found = [*(each for each in types if each), *node.decorator_list]
        case ast.ClassDef(decorator_list=decorators):
            found = [*decorators]
        case ast.AnnAssign(annotation=annotation):
            found = [annotation]
        case ast.Raise(exc=ast.Call(args=args, keywords=keywords)):
            found = [*args, *keywords]
        case ast.JoinedStr(values=values):
            found = [each for each in values if isinstance(each, ast.Constant)]
    return found


def _replace(tree: ast.Module, place: int, other: ast.AST) -> None:
    """Put another node in the place of the one of that number."""
    target = next(node for number, node in enumerate(ast.walk(tree)) if number == place)
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, name, other)
                return
            if isinstance(value, list) and any(each is target for each in value):
                value[:] = [other if each is target else each for each in value]
                return
    raise LookupError(f"node {place} has no parent")


def _with(node: ast.AST, **changes: object) -> ast.AST:
    fields = {name: copy.deepcopy(value) for name, value in ast.iter_fields(node)}
    made: ast.AST = type(node)(**{**fields, **changes})
    return made


def _name(op: ast.AST) -> str:
    return type(op).__name__
