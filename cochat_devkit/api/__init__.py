"""The only code that speaks HTTP to a server."""

from __future__ import annotations

import sys
from typing import cast

# httpx imports its own command line, with rich and pygments, wherever those are installed: 80 ms for nothing.
# None stands for a module that cannot be imported, and httpx goes on without it.
cast("dict[str, object]", sys.modules).setdefault("httpx._main", None)
