"""Which texts among the valves of a plugin are for nobody's eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cochat_devkit.kinds.valves import parse_spec, texts_in
from cochat_devkit.runtime.loading import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cochat_devkit.resource import Json

#: a shorter one would be found in ordinary words
_SHORTEST = 6


def secrets_of(
    instance: Any, user_valves: Mapping[str, Json], *, shortest: int = _SHORTEST
) -> Iterator[tuple[str, str]]:
    """Go through the secrets among a plugin's valves and those of who calls: (name of the valve, a text in it).

    Texts below `shortest` are left out.
    """
    own = getattr(instance, "valves", None)
    for class_name, values in (("Valves", vars(own) if hasattr(own, "__dict__") else {}), ("UserValves", user_valves)):
        spec = parse_spec(schema_of(getattr(instance, class_name, None)))
        for name, value in values.items():
            plain = _plain(value)
            if spec and name in spec.valves and spec.is_secret(name, plain):
                yield from ((name, text) for text in texts_in(plain) if len(text) >= shortest)


def _plain(value: Any) -> Json:
    """Take the text out of one of pydantic's secrets, and the values out of its models."""
    if hasattr(value, "get_secret_value"):
        return value.get_secret_value()
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value
