"""Read the files of one version of a resource one by one, where nobody gives them as a whole."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

from cochat_devkit.errors import UnexpectedReply

if TYPE_CHECKING:
    from cochat_devkit.api.transport import Transport
    from cochat_devkit.kinds.kind import Endpoint, PartRequests
    from cochat_devkit.resource import Json, Wire


def fetch_parts(transport: Transport, requests: PartRequests, remote_id: str, version: str, what: str) -> list[Wire]:
    """Read the files of a version: `path`, `content`, and `encoding` where the content is base64.

    Raises:
        UnexpectedReply: an answer is about another version, or in a form that we do not know.
        RemoteError: the server could not be asked.
    """
    asked = {"id": remote_id, "version": version}
    told = transport.send(requests.listing.method, _fill(requests.listing, **asked), what)
    if not isinstance(told, dict) or told.get("version_id") != version or not isinstance(told.get("files"), list):
        raise UnexpectedReply(f"{what}: the answer is no list of the files of this version")
    found = []
    for each in told["files"]:
        content = transport.fetch_bytes(_fill(requests.content, **asked, path=str(each["path"])), what)
        if len(content) != each["size"]:
            raise UnexpectedReply(f"{what}: {each['path']} has another size than the list says")
        found.append(_to_part(each, content))
    return found


def _to_part(listed: Wire, content: bytes) -> Json:
    if listed.get("encoding") == "base64":
        return {"path": listed["path"], "content": base64.b64encode(content).decode(), "encoding": "base64"}
    return {"path": listed["path"], "content": content.decode("utf-8")}


def _fill(endpoint: Endpoint, **words: str) -> str:
    path = endpoint.path
    for name, word in words.items():
        path = path.replace(f"{{{name}}}", quote(word, safe=""))
    return path
