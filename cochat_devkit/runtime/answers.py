"""What becomes of a tool's return value: the text that the model reads, files, and pages to show.

Source: Open WebUI 0.12.4 and 0.6.43, utils/middleware.py; checked by tests/parity/test_running_against_server.py.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json

_IMAGE = re.compile(r"data:image/[a-zA-Z0-9.+-]+;base64,[A-Za-z0-9+/]+={0,2}", re.IGNORECASE)
_OF_A_PAGE = {
    2: ("success", "{name}: Embedded UI result is active and visible to the user."),
    4: ("error", "{name}: Client error {status} from embedded UI result."),
    5: ("error", "{name}: Server error {status} from embedded UI result."),
}
_OF_ANOTHER_PAGE = ("error", "{name}: Unexpected status code {status} from embedded UI result.")
_PAIR = 2


class Answer(NamedTuple):
    """Hold what a call came to: the text for the model (0.6 may leave another value), files, and pages to show."""

    text: Any
    files: list[Json]
    embeds: list[str]


def to_answer(name: str, value: Any, generation: Generation) -> Answer:
    """Turn what a tool's method returned into what the server makes of it."""
    files: list[Json] = []
    embeds: list[str] = []
    value = _open_page(name, value, embeds, generation)
    if generation != "0.6" and isinstance(value, str) and value.startswith("data:image/"):
        files.append({"type": "image", "url": value})
        value = f"{name}: Image file read successfully."
    if isinstance(value, list):
        value = _take_files(value, files, generation)
    if generation != "0.6":
        value = _take_images(value, files)
    if isinstance(value, list):
        value = {"results": value}
    if isinstance(value, dict):
        value = json.dumps(value, indent=2, ensure_ascii=False)
    if generation != "0.6" and value is not None and not isinstance(value, str):
        value = _in_words(value)
    return Answer(value, files, embeds)


def _open_page(name: str, value: Any, embeds: list[str], generation: Generation) -> Any:
    """Take a page out of an HTML response: one that is inline is shown, and the model is told so."""
    said = None
    if generation != "0.6" and isinstance(value, tuple) and len(value) == _PAIR and _is_page(value[0]):
        value, said = value
    if not _is_page(value):
        return value
    text = value.body.decode("utf-8", "replace")
    if "inline" not in value.headers.get("Content-Disposition", ""):
        return text
    embeds.append(text)
    status, sentence = _OF_A_PAGE.get(value.status_code // 100, _OF_ANOTHER_PAGE)
    if status == "success" and isinstance(said, str | dict | list):
        return said
    return {"status": status, "code": "ui_component", "message": sentence.format(name=name, status=value.status_code)}


def _is_page(value: Any) -> bool:
    """Tell whether a value is a response with a page; who has made one has loaded the module that has its class."""
    responses = sys.modules.get("starlette.responses")
    return responses is not None and isinstance(value, responses.HTMLResponse)


def _take_files(value: list[Any], files: list[Json], generation: Generation) -> list[Any]:
    """Take data URIs out of a list. 0.6 skips the one after each that it takes: it walks over what it shortens."""
    left = list(value)
    for item in left if generation == "0.6" else list(left):
        if not isinstance(item, str) or not item.startswith("data:"):
            continue
        if generation == "0.6" or not _IMAGE.fullmatch(item):
            files.append({"type": "data", "content": item})
            left.remove(item)
    return left


def _take_images(value: Any, files: list[Json]) -> Any:
    """Take base64 images out of a value, whatever their depth: the model is to see them and not to read them."""
    if isinstance(value, str) and _IMAGE.fullmatch(value):
        files.append({"type": "image", "url": value})
        return "[image]"
    if isinstance(value, dict):
        return {key: _take_images(item, files) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_take_images(item, files) for item in value)
    return value


def _in_words(value: Any) -> str:
    if isinstance(value, tuple):
        return json.dumps(value[0], indent=2, ensure_ascii=False) if value else ""
    return str(value)
