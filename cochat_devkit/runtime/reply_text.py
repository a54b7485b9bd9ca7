"""How 0.6 gathers the answer of a model: in blocks, which are written out as one text with details in it.

Source: Open WebUI 0.6.43, utils/middleware.py; checked by tests/parity/chats/.
"""

from __future__ import annotations

import html
import json
import time
from typing import TYPE_CHECKING

from cochat_devkit.resource import EMPTY
from cochat_devkit.runtime.reply_tags import split_blocks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.reply_tags import Tags


def call_of(calls: Sequence[Json], index: object) -> Json | None:
    """Find the call of which a piece came before; pieces of one call have one index."""
    return next((each for each in calls if each.get("index") == index), None)


class TextReply:
    """Gather an answer as 0.6 does: in blocks, which are written out as one text with details in it."""

    def __init__(self, begun: str, tags: Mapping[str, Tags] = EMPTY) -> None:
        self.blocks: list[Json] = [{"type": "text", "content": begun}]
        self._said, self._tags = begun, tags
        self._calls: list[Json] = []
        #: what the page is told before the first piece comes, and at the end of a stream
        self.opening: list[Json] = []
        self.closing: list[Json] = []
        self.finish_reason: str | None = None

    def take(self, event: Json) -> list[Json]:
        """Take one event of the stream: what the page is told."""
        told: list[Json] = []
        usage = event.get("usage", {}) or {}
        if usage:
            told.append({"type": "chat:completion", "data": {"usage": usage}})
        choices = event.get("choices", [])
        if not choices:
            if error := event.get("error", {}):
                told.append({"type": "chat:completion", "data": {"error": error}})
            return told
        delta = choices[0].get("delta", {})
        for call in delta.get("tool_calls") or []:
            self._take_call(call)
        shown: Json = event
        if thought := delta.get("reasoning_content") or delta.get("reasoning") or delta.get("thinking"):
            self._think(thought)
            shown = {"content": self.text()}
        if value := delta.get("content"):
            self._say(value)
            shown = {"content": self.text()}
        return [*told, {"type": "chat:completion", "data": shown}]

    def _take_call(self, call: Json) -> None:
        if call.get("index") is None:
            return
        known = call_of(self._calls, call["index"])
        if known is None:
            call.setdefault("function", {})
            call["function"].setdefault("name", "")
            call["function"].setdefault("arguments", "")
            self._calls.append(call)
            return
        more = call.get("function", {})
        for name in ("name", "arguments"):
            if more.get(name):
                known["function"][name] += more[name]

    def _think(self, thought: str) -> None:
        if not self.blocks or self.blocks[-1]["type"] != "reasoning":
            tags = {"start_tag": "<think>", "end_tag": "</think>", "attributes": {"type": "reasoning_content"}}
            self.blocks.append({"type": "reasoning", **tags, "content": "", "started_at": time.time()})
        self.blocks[-1]["content"] += thought

    def _say(self, value: str) -> None:
        last: Json = self.blocks[-1] if self.blocks else {"type": ""}
        if last["type"] == "reasoning" and last["attributes"].get("type") == "reasoning_content":
            last["duration"] = int(time.time() - last["started_at"])
            self.blocks.append({"type": "text", "content": ""})
        if not self.blocks:
            self.blocks.append({"type": "text", "content": ""})
        self.blocks[-1]["content"] = self.blocks[-1]["content"] + value
        self._said += value
        for kind, tags in self._tags.items():
            self._said = split_blocks(kind, tags, self._said, self.blocks)

    def end_round(self) -> list[Json]:
        """End a stream: the calls that are to be made."""
        last = self.blocks[-1] if self.blocks else {"type": ""}
        if last["type"] == "text":
            last["content"] = last["content"].strip()
            if not last["content"]:
                self.blocks.pop()
                self.blocks = self.blocks or [{"type": "text", "content": ""}]
        if self.blocks[-1]["type"] == "reasoning":
            self.blocks[-1].setdefault("duration", int(time.time() - self.blocks[-1]["started_at"]))
        calls, self._calls = self._calls, []
        return calls

    def begin_calls(self, calls: Sequence[Json]) -> list[Json]:
        """Begin to make calls: what the page is told."""
        self.blocks.append({"type": "tool_calls", "content": list(calls)})
        return [self._shown()]

    def end_calls(self, results: Sequence[Json]) -> list[Json]:
        """Take the results of calls: what the page is told."""
        self.blocks[-1]["results"] = list(results)
        self.blocks.append({"type": "text", "content": ""})
        return [self._shown()]

    def next_messages(self, messages: Sequence[Json]) -> list[Json]:
        """Make the messages of the next round from those of the first; nothing of the answer is left out."""
        made = list(messages)
        before: list[Json] = []
        for block in self.blocks:
            if block["type"] != "tool_calls":
                before.append(block)
                continue
            made.append({"role": "assistant", "content": _written(before, raw=True), "tool_calls": block["content"]})
            made += [
                {"role": "tool", "tool_call_id": each["tool_call_id"], "content": each.get("content", "") or ""}
                for each in block.get("results", [])
            ]
            before = []
        if text := _written(before, raw=True):
            made.append({"role": "assistant", "content": text})
        return made

    def begin_round(self) -> None:
        """Begin the next stream; what was said before it stays."""

    def _shown(self) -> Json:
        return {"type": "chat:completion", "data": {"content": self.text()}}

    def text(self) -> str:
        """Write the answer out as it is saved."""
        return _written(self.blocks, raw=False)

    def ending(self) -> Json:
        """Say what is saved at the end."""
        return {"content": self.text()}


def _written(blocks: Sequence[Json], *, raw: bool) -> str:
    """Write blocks out; `raw` is how a model is given them back."""
    content = ""
    for block in blocks:
        writer = _WRITERS[block["type"]]
        content = writer(content, block, raw=raw)
    return content.strip()


def _write_text(content: str, block: Json, *, raw: bool) -> str:  # noqa: ARG001 - one form for all writers
    said = block["content"].strip()
    return f"{content}{said}\n" if said else content


def _write_thought(content: str, block: Json, *, raw: bool) -> str:
    content = _on_a_new_line(content)
    if raw:
        return f"{content}{block['start_tag']}{block['content']}{block['end_tag']}\n"
    lines = (line if line.startswith(">") else f"> {line}" for line in block["content"].splitlines())
    quoted = html.escape("\n".join(lines))
    seconds = block.get("duration")
    if seconds is None:
        head, summary = '<details type="reasoning" done="false">', "Thinking…"
    else:
        head = f'<details type="reasoning" done="true" duration="{seconds}">'
        summary = f"Thought for {seconds} seconds"
    return f"{content}{head}\n<summary>{summary}</summary>\n{quoted}\n</details>\n"


def _write_calls(content: str, block: Json, *, raw: bool) -> str:
    content = _on_a_new_line(content)
    if raw:
        return content
    results = block.get("results", [])
    by_id = {each.get("tool_call_id", ""): each for each in reversed(results)}
    gap = "" if results else "\n"
    return content + "".join(gap + _details(call, by_id.get(call.get("id", ""))) for call in block.get("content", []))


def _details(call: Json, result: Json | None) -> str:
    function = call.get("function", {})
    known = {
        "id": call.get("id", ""),
        "name": function.get("name", ""),
        "arguments": html.escape(json.dumps(function.get("arguments", ""))),
    }
    if result is not None and result.get("content") is not None:
        files = result.get("files")
        known["result"] = html.escape(json.dumps(result["content"], ensure_ascii=False))
        known["files"] = html.escape(json.dumps(files)) if files else ""
        known["embeds"] = html.escape(json.dumps(result.get("embeds", "")))
    is_done = "result" in known
    attributes = " ".join(f'{name}="{value}"' for name, value in known.items())
    summary = "Tool Executed" if is_done else "Executing..."
    done = "true" if is_done else "false"
    return f'<details type="tool_calls" done="{done}" {attributes}>\n<summary>{summary}</summary>\n</details>\n'


def _on_a_new_line(content: str) -> str:
    return f"{content}\n" if content and not content.endswith("\n") else content


def _write_solution(content: str, block: Json, *, raw: bool) -> str:  # noqa: ARG001 - one form for all writers
    said = str(block["content"]).strip()
    return f"{content}{block['type']}: {said}\n" if said else content


_WRITERS = {"solution": _write_solution, "text": _write_text, "reasoning": _write_thought, "tool_calls": _write_calls}
