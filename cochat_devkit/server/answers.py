"""How the local server answers: JSON as the real servers write it, text as it is."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from cochat_devkit.server.item import to_json


class JsonAnswer(Response):
    """Answer with JSON."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Write the body."""
        return to_json(content)
