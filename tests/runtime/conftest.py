"""Leave the comparison with installed servers out, unless it is asked for."""

from __future__ import annotations

import os

collect_ignore = (
    []
    if os.environ.get("COCHAT_CONTRACT_REAL") == "1"
    else ["test_specs_against_server.py", "test_calls_against_server.py"]
)
