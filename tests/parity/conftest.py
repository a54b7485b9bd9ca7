"""Leave the comparison with installed servers out, unless it is asked for."""

from __future__ import annotations

from pathlib import Path

from tests.runtime.conftest import IS_ASKED_FOR

collect_ignore = [] if IS_ASKED_FOR else [each.name for each in Path(__file__).parent.glob("test_*_against_server.py")]
