"""What the server makes of tags in the text of an answer: thoughts are set apart from what is said.

Source: Open WebUI 0.12.4 and 0.6.43, utils/middleware.py; checked by tests/parity/chats/.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cochat_devkit.resource import Json

Tags = tuple[tuple[str, str], ...]
_THOUGHTS: Tags = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<reason>", "</reason>"),
    ("<reasoning>", "</reasoning>"),
    ("<thought>", "</thought>"),
    ("<Thought>", "</Thought>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("◁think▷", "◁/think▷"),
)
_SOLUTIONS: Tags = (("<|begin_of_solution|>", "<|end_of_solution|>"),)
_ATTRIBUTE = re.compile(r'(\w+)\s*=\s*"([^"]+)"')
_PAIR = 2


def tags_by_kind(wanted: Json) -> dict[str, Tags]:
    """Name the tags to look for, by what stands between them; `wanted` is the parameter `reasoning_tags`."""
    if wanted is False:
        return {}
    own: Tags = ((wanted[0], wanted[1]),) if isinstance(wanted, list) and len(wanted) == _PAIR else _THOUGHTS
    return {"reasoning": own, "solution": _SOLUTIONS}


def _start_of(tag: str) -> str:
    return rf"<{re.escape(tag[1:-1])}(\s.*?)?>" if tag.startswith("<") and tag.endswith(">") else re.escape(tag)


def _attributes_of(found: re.Match[str]) -> dict[str, str]:
    return dict(_ATTRIBUTE.findall(found[1] or "")) if found.re.groups else {}


def split_blocks(kind: str, tags: Tags, said: str, blocks: list[Json]) -> str:
    """Set a thought in the last block apart as 0.6 does: what is left to look at of all that was said.

    A thought that comes whole in one piece is found again with every piece behind it, as there.
    """
    last = blocks[-1]
    if last["type"] == "text":
        for start, end in tags:
            if found := re.search(_start_of(start), said):
                _open_block(kind, tags, (start, end), found, blocks)
                break
        return said
    if last["type"] != kind or last["end_tag"] not in said:
        return said
    start, end = last["start_tag"], last["end_tag"]
    inside, _, after = re.sub(rf"<{re.escape(start)}(.*?)>", "", last["content"]).strip().partition(end)
    if inside.strip():
        last["content"] = inside.strip()
        last["duration"] = int(time.time() - last["started_at"])
    else:
        blocks.pop()
    blocks.append({"type": "text", "content": after.strip()})
    return re.sub(rf"{_start_of(start)}(.|\n)*?{re.escape(end)}", "", said, flags=re.DOTALL)


def _open_block(kind: str, tags: Tags, pair: tuple[str, str], found: re.Match[str], blocks: list[Json]) -> None:
    before, after = found.string[: found.start()], found.string[found.end() :]
    last = blocks[-1]
    last["content"] = before or last["content"].replace(found[0] + after, "")
    if not last["content"]:
        blocks.pop()
    start, end = pair
    opened = {"type": kind, "start_tag": start, "end_tag": end, "attributes": _attributes_of(found)}
    blocks.append({**opened, "content": after, "started_at": time.time()})
    if after:
        split_blocks(kind, tags, after, blocks)


def split_items(kind: str, tags: Tags, items: list[Json], make_message: Callable[..., Json]) -> bool:
    """Set a thought in the last item apart as 0.12 does: whether there was anything to set apart."""
    last = items[-1] if items else {}
    if last.get("type") == "message" and last.get("_tag_type") != kind:
        text = _text_of(last)
        for pair in tags:
            if found := re.search(_start_of(pair[0]), text):
                _open_item(kind, tags, pair, found, items, make_message)
                return True
        return False
    if (last.get("type") == "reasoning" and kind == "reasoning") or last.get("_tag_type") == kind:
        return _close_item(last, items, make_message)
    return False


def _open_item(
    kind: str,
    tags: Tags,
    pair: tuple[str, str],
    found: re.Match[str],
    items: list[Json],
    make_message: Callable[..., Json],
) -> None:
    before, after = found.string[: found.start()], found.string[found.end() :]
    set_text(items[-1], before)
    if not before.strip():
        items.pop()
    about = {"start_tag": pair[0], "end_tag": pair[1], "attributes": _attributes_of(found), "started_at": time.time()}
    if kind == "reasoning":
        items.append({**make_message("", kind), **about})
    else:
        items.append({**make_message("", "message"), "_tag_type": kind, **about})
    if after:
        set_text(items[-1], after)
        split_items(kind, tags, items, make_message)


def _close_item(last: Json, items: list[Json], make_message: Callable[..., Json]) -> bool:
    text, end = _text_of(last), last.get("end_tag", "")
    if end not in text:
        return False
    inside, _, after = re.sub(_start_of(last.get("start_tag", "")), "", text).partition(end)
    if inside.strip():
        set_text(last, inside.strip())
        end_thought(last)
    else:
        items.pop()
    items.append(make_message(after.lstrip(), "message"))
    return True


def end_thought(item: Json) -> None:
    """Say of a thought when it ended, and how long it took."""
    item["ended_at"] = time.time()
    if item["type"] == "reasoning":
        item["duration"] = int(item["ended_at"] - item.get("started_at", item["ended_at"]))
        item["status"] = "completed"


def _text_of(item: Json) -> str:
    parts: Sequence[Any] = item.get("content") or []
    return str(parts[-1].get("text", "")) if parts else ""


def set_text(item: Json, text: str) -> None:
    """Put a text into an item, for the one that it has."""
    item["content"] = [*item["content"][:-1], {"type": "output_text", "text": text}]
