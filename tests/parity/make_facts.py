"""Read what the published packages of Open WebUI offer to a plugin: `python -m tests.parity.make_facts`.

The packages are those of tests/contract/real/; nothing of them is imported or executed. What is kept are facts: the
names of each module, what each is, and signatures. Texts are left out but for short words without a blank.
"""

from __future__ import annotations

import ast
import json
import sys
import warnings
from typing import TYPE_CHECKING, Any

from cochat_devkit import facts
from tests.contract.real.prepare import environment_python, is_ready

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = "open_webui"
VERSIONS = ("0.12.4", "0.6.43")
#: what no plugin has any business with
LEFT_OUT = ("migrations", "static", "frontend", "test", "data")
LONGEST_WORD = 60
#: what of a field is said to people
_PROSE = ("title", "description", "examples")

Entry = dict[str, Any]


def main() -> int:
    """Write the facts of each version beside the module that reads them."""
    for version in VERSIONS:
        if not is_ready(version):
            sys.stderr.write(f"open-webui {version} is not installed: run `make contract` once\n")
            return 2
        modules = read_package(package_folder(version))
        path = facts.path_of(version)
        path.write_text(render(version, modules), encoding="utf-8")
        names = sum(len(each["names"]) for each in modules.values())
        sys.stdout.write(f"{path.name}: {len(modules)} modules, {names} names, {path.stat().st_size:,} bytes\n")
    return 0


def package_folder(version: str) -> Path:
    """Find the source of an installed version."""
    found = sorted(environment_python(version).parents[1].glob(f"lib/python3*/site-packages/{PACKAGE}"))
    return found[0]


def render(version: str, modules: dict[str, Entry]) -> str:
    """Write facts as JSON, one module a line, so that a difference between versions reads well."""
    lines = (f"{json.dumps(name)}:{_json(modules[name])}" for name in sorted(modules))
    return f'{{"version":{json.dumps(version)},"modules":{{\n' + ",\n".join(lines) + "\n}}\n"


def read_package(folder: Path) -> dict[str, Entry]:
    """Read every module below a package's folder, by dotted name."""
    found: dict[str, Entry] = {}
    for path in sorted(folder.rglob("*.py")):
        relative = path.relative_to(folder)
        if relative.parts[0] in LEFT_OUT:
            continue
        parts = [PACKAGE, *relative.with_suffix("").parts]
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            tree = ast.parse(path.read_text(encoding="utf-8"))
        package = name if is_package else name.rpartition(".")[0]
        # a folder without an __init__.py is a package, too
        found.setdefault(package, {"package": True, "names": {}})
        found[name] = {"package": is_package, "names": read_names(tree.body, package)}
        applications = [each for each, entry in found[name]["names"].items() if entry.get("made") == "FastAPI"]
        for each in applications:
            found[name]["names"][each] |= read_state(tree.body, each)
    return found


def read_names(body: list[ast.stmt], package: str) -> dict[str, Entry]:
    """Say what a module's statements define, in order; of two branches both count, and the last definition wins."""
    found: dict[str, Entry] = {}
    for statement in body:
        found |= _read_statement(statement, package)
    return found


def read_state(body: list[ast.stmt], app: str) -> Entry:
    """Say what a module puts into the state of an application, and into its configuration, by name.

    Of what a function puts there, the name alone.
    """
    state: Entry = {}
    config: Entry = {}
    places = {f"{app}.state": state, f"{app}.state.config": config}
    for statement, is_inside in _flattened(body):
        match statement:
            case ast.Assign(targets=[ast.Attribute(value=place, attr=name)], value=value):
                kept = places.get(ast.unparse(place), {})
                if not is_inside or name not in kept:
                    kept[name] = {"is": "value"} if is_inside else _read_value(value)
    return {"state": state, "config": config}


def _flattened(body: list[ast.stmt], *, is_inside: bool = False) -> Iterator[tuple[ast.stmt, bool]]:
    """List statements with those in their branches, and whether a function has them."""
    for statement in body:
        yield statement, is_inside
        deeper = is_inside or isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
        for name in ("body", "orelse", "finalbody", "handlers"):
            yield from _flattened(getattr(statement, name, []), is_inside=deeper)


def _read_statement(statement: ast.stmt, package: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            found = {statement.name: _read_function(statement)}
        case ast.ClassDef():
            found = {statement.name: _read_class(statement, package)}
        case ast.Import():
            # `import a.b` binds a, `import a.b as c` binds a.b
            bound = [
                (each.asname or _top(each.name), each.name if each.asname else _top(each.name))
                for each in statement.names
            ]
            found = {name: {"is": "module", "of": module} for name, module in bound}
        case ast.ImportFrom():
            found = _read_import_from(statement, package)
        case ast.Assign():
            names = [name for target in statement.targets for name in _names_in(target)]
            found = dict.fromkeys(names, _read_value(statement.value))
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            found = {name: _read_value(value) if value else {"is": "value"}}
        case ast.AugAssign(target=ast.Name(id=name)):
            found = {name: {"is": "value"}}
        case _:
            found = _read_compound(statement, package)
    return found


def _read_compound(statement: ast.stmt, package: str) -> dict[str, Entry]:
    """Read what stands in the branches of a statement, and what a loop or a `with` binds."""
    inner = [each for name in ("body", "orelse", "finalbody") for each in getattr(statement, name, [])]
    for handler in getattr(statement, "handlers", []):
        inner += handler.body
    targets: list[ast.expr] = []
    if isinstance(statement, ast.For):
        targets = [statement.target]
    elif isinstance(statement, ast.With):
        targets = [each.optional_vars for each in statement.items if each.optional_vars]
    bound: dict[str, Entry] = {name: {"is": "value"} for target in targets for name in _names_in(target)}
    return {**bound, **read_names(inner, package)}


def _top(module: str) -> str:
    return module.partition(".")[0]


def _read_import_from(statement: ast.ImportFrom, package: str) -> dict[str, Entry]:
    base = package
    for _ in range(statement.level - 1):
        base = base.rpartition(".")[0]
    place = ".".join(filter(None, (base if statement.level else "", statement.module or "")))
    return {
        each.asname or each.name: {"is": "name", "of": place, "name": each.name}
        for each in statement.names
        if each.name != "*"
    } | ({"*": {"is": "name", "of": place, "name": "*"}} if any(each.name == "*" for each in statement.names) else {})


def _read_function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Entry:
    entry: Entry = {"is": "function", "takes": _signature(node.args)}
    if isinstance(node, ast.AsyncFunctionDef):
        entry["async"] = True
    if _yields(node):
        entry["yields"] = True
    decorators = [ast.unparse(each.func if isinstance(each, ast.Call) else each) for each in node.decorator_list]
    if decorators:
        entry["by"] = decorators
    return entry


def _signature(args: ast.arguments) -> str:
    """Write a signature; of defaults only what is short and no sentence."""
    clean = ast.parse("lambda: 0", mode="eval").body
    assert isinstance(clean, ast.Lambda)
    copied = ast.arguments(
        posonlyargs=args.posonlyargs,
        args=args.args,
        vararg=args.vararg,
        kwonlyargs=args.kwonlyargs,
        kw_defaults=[each and _short_or_dots(each) for each in args.kw_defaults],
        kwarg=args.kwarg,
        defaults=[_short_or_dots(each) for each in args.defaults],
    )
    return ast.unparse(copied)


def _short_or_dots(node: ast.expr) -> ast.expr:
    return node if _is_short(node) else ast.Constant(...)


def _is_short(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, str | bytes) or (
            len(node.value) <= LONGEST_WORD and not _is_sentence(node.value)
        )
    if isinstance(node, ast.UnaryOp):
        return _is_short(node.operand)
    return isinstance(node, ast.List | ast.Tuple | ast.Dict) and ast.unparse(node) in ("[]", "()", "{}")


def _is_sentence(value: str | bytes) -> bool:
    return isinstance(value, bytes) or any(each.isspace() for each in value)


def _yields(node: ast.AST) -> bool:
    waiting = list(ast.iter_child_nodes(node))
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(each)
    return False


def _read_class(node: ast.ClassDef, package: str) -> Entry:
    members: dict[str, Entry] = {}
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            members[statement.target.id] = _read_field(statement)
        else:
            members |= _read_statement(statement, package)
    entry: Entry = {"is": "class"}
    if node.bases:
        entry["bases"] = [ast.unparse(each) for each in node.bases]
    if members:
        entry["members"] = members
    return entry


def _read_field(node: ast.AnnAssign) -> Entry:
    entry: Entry = {"is": "field", "type": ast.unparse(node.annotation)}
    match node.value:
        case None:
            pass
        case ast.Call(func=ast.Name(id="Field"), args=positional, keywords=named):
            entry["with"] = _read_keywords([*(ast.keyword("default", each) for each in positional), *named])
        case value:
            entry["default"] = ast.unparse(_short_or_dots(value))
    return entry


def _read_keywords(keywords: list[ast.keyword]) -> dict[str, str]:
    """Read what a field or the configuration of a model is made with, as far as it is short or a name.

    A default that is neither is told as `...`; one that is `...` is none, and not told.
    """
    found: dict[str, str] = {}
    for each in keywords:
        if each.arg is None or each.arg in _PROSE or ast.unparse(each.value) == "...":
            continue
        if _is_short(each.value) or isinstance(each.value, ast.Name):
            found[each.arg] = ast.unparse(each.value)
        elif each.arg in ("default", "default_factory"):
            found["default"] = "..."
    return found


def _read_value(node: ast.expr) -> Entry:
    setting = _read_setting(node)
    if setting is not None:
        return {"is": "value", **setting}
    match node:
        case ast.Call(func=ast.Name(id="PersistentConfig"), args=[name, place, default]):
            read = _read_value(default)
            told = {each: read[each] for each in ("setting", "literal", "read_as") if each in read}
            return {"is": "value", "made": "PersistentConfig", "of": [ast.unparse(name), ast.unparse(place)], **told}
        case ast.Call(func=ast.Name() | ast.Attribute() as function, keywords=named):
            made = ast.unparse(function)
            return {"is": "value", "made": made, **({"with": _read_keywords(named)} if made == "ConfigDict" else {})}
        case ast.Name(id=name):
            return {"is": "value", "named": name}
        case _ if _is_short(node):
            return {"is": "value", "literal": ast.unparse(node)}
    return {"is": "value"}


def _read_setting(node: ast.expr) -> Entry | None:
    """Read the name and the default of a setting that comes from the environment; None where it is none."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="getenv" | "get") as function,
            args=[ast.Constant(value=str(name)), *defaults],
        ) if ast.unparse(function) in ("os.getenv", "os.environ.get"):
            if not all(_is_short(each) for each in defaults):
                return None
            return {"setting": name, "literal": ast.unparse(defaults[0]) if defaults else "None"}
        case ast.Compare(
            left=ast.Call(func=ast.Attribute(attr="lower", value=inner)),
            ops=[ast.Eq()],
            comparators=[ast.Constant(value="true")],
        ):
            found = _read_setting(inner)
            return found and {**found, "read_as": "bool"}
        case ast.Call(func=ast.Name(id="int" | "float" as read_as), args=[inner]):
            found = _read_setting(inner)
            return found and {**found, "read_as": read_as}
    return None


def _names_in(target: ast.expr) -> list[str]:
    if isinstance(target, ast.Name):
        return [target.id]
    if isinstance(target, ast.Tuple | ast.List):
        return [name for each in target.elts for name in _names_in(each)]
    return []


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    sys.exit(main())
