"""What a schema of valves says: which there are, what each takes, which are secret; and how values are laid together.

Pure. Source: Open WebUI 0.12.4 and 0.6.43, routers/tools.py and routers/functions.py: an update replaces the whole
dictionary, drops nulls and what the class does not have; checked by tests/contract/test_valves.py.
"""

from __future__ import annotations

import json
import math
import operator
import re
from typing import TYPE_CHECKING

from cochat_devkit.errors import UsageError
from cochat_devkit.kinds.config import mask_secrets
from cochat_devkit.redaction import has_secret_shape
from cochat_devkit.resource import is_same_json
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cochat_devkit.resource import Json, Wire

_SECRET_WORDS = frozenset(
    (
        *("key", "keys", "apikey", "token", "tokens", "secret", "secrets", "password", "passwords", "passwd", "pwd"),
        *("passphrase", "pat", "jwt", "pin", "auth", "authorization", "bearer", "cookie", "cookies", "credential"),
        *("credentials", "dsn", "webhook", "private", "salt", "signature"),
    )
)
_SECRET_PARTS = ("apikey", "token", "secret", "password", "passwd", "passphrase", "credential")
_WORD = r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+"
#: a user in an address, who may be a token, or has a password
_SIGNED_ADDRESS = r"://[^/?#\s]+@"
#: a password among the pairs by which some databases and stores are named
_SIGNED_PAIRS = r"(?i)\b(?:password|pwd|accountkey|sharedaccesskey)=[^;\s]"
_FROM_ENVIRONMENT = r"\$\{([A-Za-z_]\w*)\}\Z"
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_TYPE_OF = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


class Valve(NamedTuple):
    """Hold what the schema says of one valve. `default` means nothing where `is_required`."""

    name: str
    types: tuple[str, ...]
    schema: Mapping[str, Json]
    default: Json = None
    is_required: bool = False
    description: str = ""
    choices: tuple[Json, ...] = ()

    @property
    def is_secret(self) -> bool:
        """Tell whether its values are for nobody's eyes: by a password input, or by its name."""
        return is_secret(self.name, self.schema, self.types)

    @property
    def takes(self) -> str:
        """Say in words what it takes."""
        if self.choices:
            return "one of " + ", ".join(str(each) for each in self.choices)
        return " or ".join(self.types) or "anything"


class ValvesSpec(NamedTuple):
    """Hold the valves of a plugin, in the order of its class."""

    valves: Mapping[str, Valve]

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self.valves)

    def valve_named(self, name: str) -> Valve:
        """Find a valve.

        Raises:
            UsageError: there is none of that name.
        """
        if name not in self.valves:
            import difflib

            close = difflib.get_close_matches(name, self.valves, n=1)
            known = ", ".join(self.valves) or "none"
            hint = f"did you mean {close[0]!r}?" if close else f"valves there: {known}"
            raise UsageError(f"there is no valve {name!r}", hint=hint)
        return self.valves[name]

    def is_secret(self, name: str, value: Json) -> bool:
        """Tell whether a value is to be masked: what the schema does not name is, unless it is a number or a switch."""
        if _holds_secret(value):
            return True
        if name in self.valves:
            return self.valves[name].is_secret
        return not isinstance(value, bool | int | float)


def parse_spec(schema: Json) -> ValvesSpec | None:
    """Read the JSON schema that a server tells for a class of valves; None where the plugin has none."""
    if not isinstance(schema, dict):
        return None
    required = schema.get("required") or []
    found = {}
    for name, stated in (schema.get("properties") or {}).items():
        told = _resolved(stated, schema)
        found[name] = Valve(
            name=name,
            types=_types_of(told, schema),
            schema=_told_of_the_one_branch(told, schema),
            default=told.get("default"),
            is_required=name in required,
            description=str(told.get("description") or ""),
            choices=_choices_of(told, schema),
        )
    return ValvesSpec(found)


def is_secret(name: str, schema: Mapping[str, Json], types: Iterable[str] = ()) -> bool:
    """Tell whether a valve of this name and schema holds a secret; numbers and switches only where they say so."""
    told = schema.get("input")
    if schema.get("format") == "password" or schema.get("writeOnly") is True:
        return True
    if isinstance(told, dict) and told.get("type") == "password":
        return True
    kinds = set(types) - {"null"}
    if kinds and kinds <= {"integer", "number", "boolean"}:
        return False
    return _sounds_secret(name)


def parse_assignment(spec: ValvesSpec, word: str) -> tuple[str, str]:
    """Read `name=value` off a command line: (name, the value's text).

    Raises:
        UsageError: there is no equals sign, or no valve of that name.
    """
    name, equals, text = word.partition("=")
    if not equals:
        raise UsageError(f"{word!r} sets nothing", hint="write name=value, as in max_results=5")
    return spec.valve_named(name).name, text


def variable_in(text: str) -> str | None:
    """Name the variable that a value is to be taken from, `${NAME}`; None where it is a value."""
    found = re.match(_FROM_ENVIRONMENT, text)
    return found[1] if found else None


def variables_for(spec: ValvesSpec, prefix: str) -> dict[str, str]:
    """Name for each valve the variable of the environment that stands for it: `WEB_SEARCH_` and `API_KEY`."""
    return {name: f"{prefix}{name}".upper() for name in spec.valves}


def parse_value(valve: Valve, text: str) -> Json:
    """Bring a text into the type of a valve.

    Raises:
        UsageError: it is no such value; the text is repeated only where the valve is no secret.
    """
    for type_ in _by_strictness(valve.types):
        try:
            value = _PARSERS[type_](text, valve)
            # neither numbers without an end nor halves of characters can be sent
            json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError):
            continue
        if valve.choices and not any(is_same_json(value, each) for each in valve.choices):
            continue
        _check_bounds(valve, value)
        return value
    shown = "this value" if valve.is_secret else repr(text)
    raise UsageError(f"{valve.name} takes {valve.takes}, not {shown}", hint=_HINTS.get(next(iter(valve.types), "")))


def lay_over(
    spec: ValvesSpec, stored: Wire, changes: Mapping[str, Json], dropped: Iterable[str] = ()
) -> tuple[Wire, tuple[str, ...]]:
    """Lay changes over the stored dictionary: (the whole to be written, the names that the class has no more).

    Raises:
        UsageError: a valve that must have a value would have none.
    """
    gone = tuple(name for name in stored if name not in spec.valves)
    left = {name: value for name, value in stored.items() if name not in gone and name not in set(dropped)}
    whole = {name: value for name, value in {**left, **changes}.items() if value is not None}
    lacking = [name for name, valve in spec.valves.items() if valve.is_required and name not in whole]
    if lacking:
        raise UsageError(f"without a default and without a value: {', '.join(lacking)}", hint="set them with the rest")
    return whole, gone


def texts_in(value: Json) -> Iterable[str]:
    """Yield every text within a value: what a secret valve would show of itself."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


def _resolved(stated: Json, whole: Mapping[str, Json]) -> dict[str, Json]:
    """Lay what a property refers to under what it says itself."""
    told = stated if isinstance(stated, dict) else {}
    for _depth in range(8):
        parts = [told["$ref"]] if isinstance(told.get("$ref"), str) else []
        parts += [each.get("$ref") for each in told.get("allOf") or [] if isinstance(each, dict)]
        if not parts:
            break
        told = {key: each for key, each in told.items() if key not in ("$ref", "allOf")}
        for ref in reversed(parts):
            told = {**_referred(ref, whole), **told}
    return told


def _referred(ref: Json, whole: Mapping[str, Json]) -> Mapping[str, Json]:
    found: Json = whole
    for step in str(ref).removeprefix("#/").split("/"):
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _branches(told: Mapping[str, Json], whole: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    given = told.get("anyOf") or told.get("oneOf")
    return [_resolved(each, whole) for each in given] if isinstance(given, list) else [told]


def _told_of_the_one_branch(told: dict[str, Json], whole: Mapping[str, Json]) -> dict[str, Json]:
    """Lay what `int | None` says of the integer beside what the property says."""
    branches = [each for each in _branches(told, whole) if each.get("type") != "null"]
    return {**branches[0], **told} if len(branches) == 1 else told


def _types_of(told: Mapping[str, Json], whole: Mapping[str, Json]) -> tuple[str, ...]:
    found: list[str] = []
    for each in _branches(told, whole):
        type_ = each.get("type")
        if isinstance(type_, str):
            found.append(type_)
        elif isinstance(type_, list):
            found += [str(one) for one in type_]
        else:
            values = each.get("enum") or ([each["const"]] if "const" in each else [])
            found += [_TYPE_OF.get(type(one), "null") for one in values]
    return tuple(dict.fromkeys(each for each in found if each in _PARSERS or each == "null"))


def _choices_of(told: Mapping[str, Json], whole: Mapping[str, Json]) -> tuple[Json, ...]:
    branches = [each for each in _branches(told, whole) if each.get("type") != "null"]
    found: list[Json] = []
    for each in branches:
        if isinstance(each.get("enum"), list):
            found += each["enum"]
        elif "const" in each:
            found.append(each["const"])
        else:
            return ()
    return tuple(found)


def _by_strictness(types: tuple[str, ...]) -> list[str]:
    """Order types so that the one that takes least is tried first: a text takes everything."""
    order = ("boolean", "integer", "number", "array", "object", "string")
    return [each for each in order if each in types] or ["any"]


def _parse_integer(text: str, _valve: Valve) -> Json:
    return int(text.strip())


def _parse_number(text: str, _valve: Valve) -> Json:
    value = float(text.strip())
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _parse_boolean(text: str, valve: Valve) -> Json:
    word = text.strip().lower()
    # beside another type a bare 1 is more likely a number than yes
    words = _YES[:1] + _NO[:1] if len(set(valve.types) - {"null"}) > 1 else _YES + _NO
    if word not in words:
        raise ValueError(text)
    return word in _YES


def _parse_array(text: str, valve: Valve) -> Json:
    if text.lstrip().startswith("["):
        return _parse_json(text, list)
    items = valve.schema.get("items")
    if isinstance(items, dict) and items.get("type") == "string":
        return [each.strip() for each in text.split(",") if each.strip()]
    raise ValueError(text)


def _parse_object(text: str, _valve: Valve) -> Json:
    return _parse_json(text, dict)


def _parse_json(text: str, of: type) -> Json:
    value = json.loads(text)
    if not isinstance(value, of):
        raise ValueError("another type")  # noqa: TRY004 - tried and left, not told
    return value


def _parse_any(text: str, _valve: Valve) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return text


_PARSERS = {
    "boolean": _parse_boolean,
    "integer": _parse_integer,
    "number": _parse_number,
    "array": _parse_array,
    "object": _parse_object,
    "string": lambda text, _valve: text,
    "any": _parse_any,
}
_HINTS = {
    "boolean": "write true or false",
    "array": 'write it as JSON: ["one", "two"]',
    "object": 'write it as JSON: {"name": "value"}',
}


def _check_bounds(valve: Valve, value: Json) -> None:
    """Refuse what the schema says is too small, too large, too short or too long; 0.12 would not tell why.

    Raises:
        UsageError: it is.
    """
    is_text = isinstance(value, str)
    if isinstance(value, bool) or not (is_text or isinstance(value, int | float)):
        return
    measure = len(value) if is_text else value
    for name, (holds, words) in (_LENGTHS if is_text else _BOUNDS).items():
        limit = valve.schema.get(name)
        if isinstance(limit, int | float) and not holds(measure, limit):
            raise UsageError(f"{valve.name} takes {words} {limit}")


_BOUNDS = {
    "minimum": (operator.ge, "at least"),
    "exclusiveMinimum": (operator.gt, "more than"),
    "maximum": (operator.le, "at most"),
    "exclusiveMaximum": (operator.lt, "less than"),
}
_LENGTHS = {
    "minLength": (operator.ge, "a text no shorter than"),
    "maxLength": (operator.le, "a text no longer than"),
}


def _sounds_secret(name: str) -> bool:
    words = [each.lower() for each in re.findall(_WORD, name)]
    joined = "".join(words)
    return not _SECRET_WORDS.isdisjoint(words) or any(each in joined for each in _SECRET_PARTS)


def _holds_secret(value: Json) -> bool:
    """Tell whether a value shows by itself that it holds a secret: a password in an address, a header of its own."""
    if isinstance(value, str):
        is_signed = any(re.search(pattern, value) for pattern in (_SIGNED_ADDRESS, _SIGNED_PAIRS))
        return is_signed or has_secret_shape(value) or mask_secrets(value) != value
    if isinstance(value, dict):
        return any((_sounds_secret(str(name)) and bool(each)) or _holds_secret(each) for name, each in value.items())
    return isinstance(value, list) and any(_holds_secret(each) for each in value)
