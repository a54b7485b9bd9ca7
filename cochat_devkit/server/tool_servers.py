"""Servers of tools that a server passes on: the connections that admins set, and how their tools are listed.

Source: Open WebUI 0.12.4 and 0.6.43, routers/tools.py and routers/configs.py; checked by
tests/contract/test_external_tools.py. What servers other than MCP offer is asked of them there, and left out here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cochat_devkit.resource import Wire
    from cochat_devkit.server.context import ServerContext

CONNECTIONS = "tool_server.connections"
EVERYBODY = [{"principal_type": "user", "principal_id": "*", "permission": "read"}]


def connection(id_: str, name: str, description: str) -> Wire:
    """Make the connection of an MCP server that is nowhere, for samples."""
    return {
        "url": f"http://localhost/{id_}",
        "path": "",
        "type": "mcp",
        "auth_type": "none",
        "headers": None,
        "key": "",
        "config": {"enable": True, "access_grants": EVERYBODY},
        "info": {"id": id_, "name": name, "description": description},
    }


def tools_offered(context: ServerContext) -> Iterator[Wire]:
    """List what MCP servers offer, one tool each: its id, name, description and the access of its connection."""
    for each in Settings(context).get(CONNECTIONS) or []:
        config, info = each.get("config") or {}, each.get("info") or {}
        if each.get("type") != "mcp" or (not context.quirks.lists_disabled_tool_servers and not config.get("enable")):
            continue
        is_granted = context.dialect.access == "grants"
        access = {"access_grants": config.get("access_grants") or []} if is_granted else {"access_control": None}
        yield {
            "id": f"server:mcp:{info.get('id')}",
            "name": info.get("name"),
            "meta": {"description": info.get("description") or ""},
            **access,
        }
