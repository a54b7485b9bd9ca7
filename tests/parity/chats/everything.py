"""All scenarios."""

from __future__ import annotations

from tests.parity.chats import actions, events, filters, pipes, tools

SCENARIOS = (*filters.SCENARIOS, *pipes.SCENARIOS, *tools.SCENARIOS, *events.SCENARIOS, *actions.SCENARIOS)
