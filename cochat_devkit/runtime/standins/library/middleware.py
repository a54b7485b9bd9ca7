"""`open_webui.utils.middleware`: what becomes of what a tool returned.

Source: Open WebUI 0.12.4 and 0.6.43, utils/middleware.py; checked by tests/runtime/test_library_against_server.py.
"""

from __future__ import annotations

from typing import Any

from cochat_devkit.runtime.answers import to_answer
from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.refusing import NotOffline

#: tools that other servers have
_ELSEWHERE = ("external", "action", "terminal", "mcp")


def process_tool_result(
    tool_function_name: str, tool_result: Any, tool_type: str, direct_tool: bool = False
) -> tuple[Any, list[Any], list[str]]:
    """Give the text that the model reads, the files and the pages."""
    if direct_tool or tool_type in _ELSEWHERE:
        raise NotOffline("open_webui.utils.middleware.process_tool_result of a tool of another server's")
    text, files, embeds = to_answer(tool_function_name, tool_result, "0.6" if home.is_old() else "0.12")
    return text, files, embeds


PLAYS = {"process_tool_result": process_tool_result}
