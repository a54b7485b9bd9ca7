"""A sidecar that states a value which the plugin has no valve for.

The order of filters is a valve: the server reads the stored value of `priority`, and stores only what the plugin's
`Valves` declare. Without the field the value would be refused after the source was sent.

    # plugins/filters/greeting.yaml
    priority: 5

Declare it: `class Valves(BaseModel):` with `priority: int = 0`, or take the line out of the sidecar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.lint.rule import Example, Hit, Rule, Subject
from cochat_devkit.plugin import PluginFacts

if TYPE_CHECKING:
    from collections.abc import Iterator


def check(subject: Subject) -> Iterator[Hit]:
    """Tell each stated value whose field the loaded plugin does not declare."""
    if not isinstance(subject.told, PluginFacts):
        return
    declared = (subject.told.valves or {}).get("properties") or {}
    for name in subject.file.stated_valves:
        if name not in declared:
            yield Hit(
                f"the sidecar states {name}, and the plugin has no such valve",
                hint=f"add `{name}: int = 0` to class Valves, or take {name} out of the sidecar",
            )


_BARE = "class Filter:\n    def inlet(self, body: dict) -> dict:\n        return body\n"
_WITH_VALVE = (
    "from pydantic import BaseModel\n\n\nclass Filter:\n    class Valves(BaseModel):\n        priority: int = 0\n\n"
    "    def inlet(self, body: dict) -> dict:\n        return body\n"
)

RULE = Rule(
    "CC207",
    "priority without a valve",
    check,
    valid=(Example(_BARE, type="filter"), Example(_WITH_VALVE, type="filter", stated_valves=("priority",))),
    invalid=(
        Example(_BARE, type="filter", stated_valves=("priority",)),
        Example(_WITH_VALVE.replace("priority", "order"), type="filter", stated_valves=("priority",)),
    ),
)
