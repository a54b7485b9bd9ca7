"""How 0.12 gathers the answer of a model: in items, of which a saved message keeps the list.

Source: Open WebUI 0.12.4, utils/middleware.py and utils/misc.py; checked by tests/parity/chats/.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from cochat_devkit.resource import EMPTY
from cochat_devkit.runtime.reply_tags import end_thought, split_items
from cochat_devkit.runtime.reply_text import call_of
from cochat_devkit.runtime.saved_chat import output_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.reply_tags import Tags


class ItemReply:
    """Gather an answer as 0.12 does: in items, of which a saved message keeps the list."""

    def __init__(self, begun: str, tags: Mapping[str, Tags] = EMPTY) -> None:
        self._tags = tags
        self._before: list[Json] = []
        self._items: list[Json] = [_message_item(begun)] if begun else []
        self._said = [begun] if begun else []
        self._calls: list[Json] = []
        self._usage: Json = {}
        self.finish_reason: str | None = None
        #: what the page is told before the first piece comes
        self.opening: list[Json] = [self._whole()] if begun else []
        #: what the page is told at the end of a stream
        self.closing: list[Json] = []

    def items(self) -> list[Json]:
        """List all items, those of earlier rounds first."""
        return [*self._before, *self._items]

    def take(self, event: Json) -> list[Json]:
        """Take one event of the stream: what the page is told."""
        told: list[Json] = []
        usage = {**(event.get("usage", {}) or {}), **event.get("timings", {})}
        if usage:
            self._usage = merged_usage(self._usage, usage)
            told.append({"type": "chat:completion", "data": {"usage": self._usage}})
        choices = event.get("choices", [])
        if not choices:
            if error := event.get("error", {}):
                told.append({"type": "chat:completion", "data": {"error": error}})
            return told
        self.finish_reason = choices[0].get("finish_reason") or self.finish_reason
        delta = choices[0].get("delta", {})
        for note in delta.get("annotations") or []:
            told += _cited(note)
        pieces: list[Json] = []
        for call in delta.get("tool_calls") or []:
            pieces += self._take_call(call)
        thought = delta.get("reasoning_content") or delta.get("reasoning") or delta.get("thinking")
        if thought:
            pieces += self._think(thought if isinstance(thought, str) else f"{thought}")
        if value := delta.get("content"):
            pieces += self._say(value if isinstance(value, str) else f"{value}")
        if pieces:
            return [*told, *(self._shown(each) for each in pieces)]
        if delta.get("tool_calls"):
            return told
        kind = "response:completion" if delta else "chat:completion"
        return [*told, {"type": kind, "data": event}]

    def _take_call(self, call: Json) -> list[Json]:
        if call.get("index") is None:
            return []
        function = call.setdefault("function", {})
        known = call_of(self._calls, call["index"])
        told = []
        if known is None:
            known = self._new_call(call, function)
            told.append(_added(self._place(known), {**self._item_of(known), "arguments": ""}))
        else:
            if function.get("name"):
                known["function"]["name"] = function["name"]
            if function.get("arguments") is not None:
                known["function"]["arguments"] += _as_text(function["arguments"])
        item = self._item_of(known)
        item.update(name=known["function"]["name"], arguments=known["function"]["arguments"])
        if (said := function.get("arguments")) is not None:
            told.append({
                "type": "response.function_call_arguments.delta",
                "item_id": known["id"],
                "output_index": self._place(known),
                "delta": _as_text(said),
            })  # fmt: skip
        return told

    def _new_call(self, call: Json, function: Json) -> Json:
        function["name"] = function.get("name") or ""
        function["arguments"] = "" if function.get("arguments") is None else _as_text(function["arguments"])
        call["id"] = call.get("id") or _new_id("fc")
        if any(each.get("call_id") == call["id"] for each in self.items() if each["type"] == "function_call"):
            call["id"] = _new_id("fc")  # some providers begin to count again in every round
        self._calls.append(call)
        self._items.append({
            "type": "function_call",
            "id": call["id"],
            "call_id": call["id"],
            "name": function["name"],
            "arguments": function["arguments"],
            "status": "in_progress",
        })  # fmt: skip
        return call

    def _item_of(self, call: Json) -> Json:
        return next(each for each in self._items if each.get("call_id") == call["id"])

    def _place(self, call: Json) -> int:
        return len(self._before) + self._items.index(self._item_of(call))

    def _think(self, thought: str) -> list[Json]:
        told = []
        if not self._items or self._items[-1]["type"] != "reasoning":
            self._items.append({**_reasoning_item(), "started_at": time.time()})
            told.append(_added(len(self._before) + len(self._items) - 1, dict(self._items[-1])))
        _append_text(self._items[-1], thought)
        told.append(self._delta("response.reasoning_text.delta", thought))
        return told

    def _say(self, value: str) -> list[Json]:
        told = []
        self._said.append(value)
        last: Json = self._items[-1] if self._items else {"type": ""}
        if last["type"] == "reasoning" and last["attributes"].get("type") == "reasoning_content":
            end_thought(last)
            told.append(_done(len(self._before) + len(self._items) - 1, dict(last)))
            last = {"type": ""}
        is_tagged = last.get("status") == "in_progress" and (last["type"] == "reasoning" or "_tag_type" in last)
        if last["type"] != "message" and not is_tagged:
            self._items.append(_message_item(""))
        _append_text(self._items[-1], value)
        if self._take_tags():
            return [*told, {"whole": True}]
        kind = "reasoning_text" if self._items[-1]["type"] == "reasoning" else "output_text"
        return [*told, self._delta(f"response.{kind}.delta", value)]

    def _take_tags(self) -> bool:
        """Set apart what stands between tags; a model that says its thoughts by themselves is not searched for more."""
        says_thoughts = any((each.get("attributes") or {}).get("type") == "reasoning_content" for each in self._items)
        found = [
            split_items(kind, tags, self._items, _new_item)
            for kind, tags in self._tags.items()
            if not (kind == "reasoning" and says_thoughts)
        ]
        return any(found)

    def _delta(self, kind: str, piece: str) -> Json:
        return {
            "type": kind,
            "item_id": self._items[-1]["id"],
            "output_index": len(self._before) + len(self._items) - 1,
            "content_index": 0,
            "delta": piece,
        }

    def end_round(self) -> list[Json]:
        """End a stream: the calls that are to be made."""
        if self._items and self._items[-1]["type"] == "message":
            part = self._items[-1]["content"][-1]
            part["text"] = part["text"].strip()
            if not part["text"]:
                self._items.pop()
                self._items = self._items or [_message_item("")]
        if self._items and self._items[-1]["type"] == "reasoning" and "ended_at" not in self._items[-1]:
            end_thought(self._items[-1])
        calls, self._calls = self._calls, []
        self.closing = [event for call in calls for event in self._close(call)]
        return _apart(calls)

    def _close(self, call: Json) -> list[Json]:
        item, place = self._item_of(call), self._place(call)
        item.update(arguments=call["function"]["arguments"], status="completed")
        arguments = {"item_id": item["id"], "output_index": place, "arguments": item["arguments"]}
        told = [{"type": "response.function_call_arguments.done", **arguments}, _done(place, dict(item))]
        return [{"type": "response:completion", "data": each} for each in told]

    def begin_calls(self, calls: Sequence[Json]) -> list[Json]:
        """Begin to make calls: what the page is told."""
        for call in calls:
            item = next((each for each in self._items if each.get("call_id") == call["id"]), None)
            if item is None:
                item = {"type": "function_call", "id": call["id"], "call_id": call["id"], "status": "in_progress"}
                self._items.append(item)
            item.update(name=call["function"]["name"], arguments=call["function"]["arguments"])
        return self._all_done()

    def end_calls(self, results: Sequence[Json]) -> list[Json]:
        """Take the results of calls: what the page is told."""
        for each in results:
            files = each.get("files", [])
            shown = [file for file in files if not (file.get("type") == "image" and _is_inline(file.get("url", "")))]
            status = "failed" if is_error(each.get("content", "")) else "completed"
            self._items.append({
                "type": "function_call_output",
                "id": _new_id("fco"),
                "call_id": each["tool_call_id"],
                "output": [
                    {"type": "input_text", "text": each.get("content", "")},
                    *({"type": "input_image", "image_url": url} for url in each.get("images", [])),
                ],
                "status": status,
                **({"files": shown} if shown else {}),
                **({"embeds": each["embeds"]} if each.get("embeds") else {}),
            })  # fmt: skip
            for item in self._items:
                if item["type"] == "function_call" and item["call_id"] == each["tool_call_id"]:
                    item.update(status=status, arguments=each["arguments"])
        return self._all_done()

    def next_messages(self, messages: Sequence[Json]) -> list[Json]:
        """Make the messages of the next round from those of this one and what this one came to."""
        systems = [each for each in messages if each.get("role") == "system"]
        others = [each for each in messages if each.get("role") != "system"]
        return [*systems, *others, *to_messages(self._items)]

    def begin_round(self) -> None:
        """Begin the next stream; what was said before it stays."""
        before = self.items()
        if before and before[-1]["type"] == "message" and not output_text(before[-1:]):
            before.pop()
        self._before, self._items = before, []

    def _shown(self, piece: Json) -> Json:
        return self._whole() if "whole" in piece else {"type": "response:completion", "data": piece}

    def _whole(self) -> Json:
        return {"type": "chat:completion", "data": {"output": self.items()}}

    def _all_done(self) -> list[Json]:
        begun = len(self._before)
        shown = [_without_images(each) for each in self._items]
        return [{"type": "response:completion", "data": _done(place, item)} for place, item in enumerate(shown, begun)]

    def whole(self, usage: Json) -> Json:
        """Say what is saved of an answer that came in one piece, also where it has no text."""
        self._items = self._items or [_message_item("")]
        self._usage = _with_sums(usage) if usage else {}
        return self.ending()

    def text(self) -> str:
        """Read the answer's text: all pieces as they came, or what its items say."""
        return "".join(self._said) or output_text(self.items())

    def ending(self) -> Json:
        """Say what is saved at the end."""
        for each in self.items():
            if each.get("status") == "in_progress":
                each["status"] = "completed"
        return {"output": self.items(), **({"usage": self._usage} if self._usage else {})}


def to_messages(items: Sequence[Json]) -> list[Json]:
    """Write the items of an answer as the messages with which a model is given them back.

    A call without a result is left out, and so is a result without its call.
    """
    results = {each["call_id"] for each in items if each["type"] == "function_call_output"}
    calls = {each["call_id"] for each in items if each["type"] == "function_call" and each["status"] != "in_progress"}
    made: list[Json] = []
    text: list[str] = []
    called: list[Json] = []
    images: list[str] = []

    def flush() -> None:
        if text or called:
            made.append({
                "role": "assistant",
                "content": "\n".join(text),
                **({"tool_calls": list(called)} if called else {}),
            })  # fmt: skip
            text.clear()
            called.clear()

    for item in items:
        if item["type"] != "function_call_output" and images:
            made.append(_image_message(images))
            images = []
        if item["type"] == "message" and (said := "".join(part.get("text", "") for part in item["content"])):
            text.append(said)
        elif item["type"] == "function_call" and item["call_id"] in results & calls:
            function = {"name": item["name"], "arguments": item["arguments"]}
            called.append({"id": item["call_id"], "type": "function", "function": function})
        elif item["type"] == "function_call_output" and item["call_id"] in results & calls:
            flush()
            parts = item["output"]
            said = "".join(str(part.get("text", "")) for part in parts if part["type"] == "input_text")
            made.append({"role": "tool", "tool_call_id": item["call_id"], "content": said})
            images += [part["image_url"] for part in parts if part["type"] == "input_image"]
    if images:
        made.append(_image_message(images))
    flush()
    return made


#: what a message has for the server alone
_HIDDEN = ("id", "output", "model", "contextSummary", "context_summary", "usage", "meta", "files")
#: what is taken of a message that is saved
_REPLAYED = ("id", "role", "content", "output", "files", "contextSummary", "usage", "model", "meta")


def plain_messages(messages: Sequence[Json], *, is_saved: bool) -> list[Json]:
    """Write messages as a model is given them: answers with their calls taken apart, and nothing of the server's own.

    Those of a saved chat come from there, and an answer with nothing in it is none.
    """
    made: list[Json] = []
    for message in messages:
        if message.get("role") == "system":
            made.append(message)
            continue
        is_answer = message.get("role") == "assistant"
        if is_saved and is_answer and not message.get("content") and not message.get("output"):
            continue
        items = message.get("output") if is_answer else None
        if items and (parts := to_messages(items)):
            made += parts
        elif not items or message.get("content"):
            kept = {name: each for name, each in message.items() if not is_saved or name in _REPLAYED}
            made.append(clean_message(_with_images(kept) if is_saved else kept))
    return _with_paired_calls(made)


def clean_message(message: Json) -> Json:
    """Take out of a message what it has for the server alone."""
    return {name: each for name, each in message.items() if name not in _HIDDEN}


def _with_images(message: Json) -> Json:
    """Put the pictures of a question into its content."""
    files = [each for each in message.get("files") or [] if each.get("type") == "image" and each.get("url")]
    if message.get("role") != "user" or not files or not isinstance(message.get("content"), str):
        return message
    images = [{"type": "image_url", "image_url": {"url": each["url"]}} for each in files]
    return {**message, "content": [{"type": "text", "text": message["content"]}, *images]}


def _with_paired_calls(messages: Sequence[Json]) -> list[Json]:
    """Leave out calls that nobody answered, and answers to no call."""
    answered = {each.get("tool_call_id") for each in messages if each.get("role") == "tool"}
    asked = {call.get("id") for each in messages for call in each.get("tool_calls") or []}
    made: list[Json] = []
    for message in messages:
        calls = message.get("tool_calls") if message.get("role") == "assistant" else None
        if not calls:
            if message.get("role") != "tool" or message.get("tool_call_id") in asked:
                made.append(message)
            continue
        kept = [each for each in calls if each.get("id") in answered]
        if kept:
            made.append({**message, "tool_calls": kept})
        elif message.get("content"):
            made.append({name: each for name, each in message.items() if name != "tool_calls"})
    return made


def is_error(text: str) -> bool:
    """Tell whether what a tool said reads as a failure."""
    if text.strip().lower().startswith(("error:", "exception:", "traceback", "http error!")):
        return True
    said: Any = text
    while isinstance(said, str):
        try:
            said = json.loads(said)
        except ValueError:
            break
    if not isinstance(said, dict):
        return False
    if _says_something(said.get("error")):
        return True
    status = said.get("status")
    if isinstance(status, str) and status.strip().lower() in ("error", "failed"):
        return True
    return (said.get("success") is False or said.get("ok") is False) and _says_something(said.get("message"))


def _says_something(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else isinstance(value, dict | list) and bool(value)


def _apart(calls: Sequence[Json]) -> list[Json]:
    """Take calls apart whose arguments are several objects in a row, as some models say them."""
    made: list[Json] = []
    for call in calls:
        objects = _objects_in(call["function"]["arguments"])
        if len(objects) < 2:  # noqa: PLR2004 - one is none too many
            made.append(call)
            continue
        made += [
            {**call, "id": f"call_{uuid.uuid4().hex[:24]}", "function": {**call["function"], "arguments": each}}
            for each in objects
        ]
    return made


def _objects_in(text: str) -> list[str]:
    decoder = json.JSONDecoder()
    found, place = [], 0
    while text[place:].strip():
        place += len(text[place:]) - len(text[place:].lstrip())
        try:
            _, end = decoder.raw_decode(text, place)
        except ValueError:
            return [text]
        found.append(text[place:end].strip())
        place = end
    return found


def _image_message(urls: Sequence[str]) -> Json:
    words = "Here are the images from the tool results above. Please analyze them."
    images = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return {"role": "user", "content": [{"type": "text", "text": words}, *images]}


def _message_item(text: str) -> Json:
    return {
        "type": "message",
        "id": _new_id("msg"),
        "status": "in_progress",
        "role": "assistant",
        "content": [{"type": "output_text", "text": text}],
    }


def _new_item(text: str, kind: str) -> Json:
    return _message_item(text) if kind == "message" else _reasoning_item()


def _reasoning_item() -> Json:
    return {
        "type": "reasoning",
        "id": _new_id("r"),
        "status": "in_progress",
        "start_tag": "<think>",
        "end_tag": "</think>",
        "attributes": {"type": "reasoning_content"},
        "content": [],
        "summary": None,
    }


def _append_text(item: Json, text: str) -> None:
    if item["content"]:
        item["content"][-1]["text"] += text
    else:
        item["content"] = [{"type": "output_text", "text": text}]


def _without_images(item: Json) -> Json:
    if item["type"] != "function_call_output":
        return item
    return {**item, "output": [each for each in item["output"] if each["type"] != "input_image"]}


def _cited(note: Json) -> list[Json]:
    """Make the source of a model's own citation of a page."""
    if note.get("type") != "url_citation" or "url_citation" not in note:
        return []
    url = note["url_citation"].get("url", "")
    title = note["url_citation"].get("title", url)
    data = {
        "source": {"name": title, "url": url},
        "document": [title],
        "metadata": [{"source": url, "name": title}],
    }
    return [{"type": "source", "data": data}]


def merged_usage(known: Json, more: Json) -> Json:
    """Add up what rounds used; the provider's own names keep what came last."""
    told = _with_sums(more)
    if not known:
        return told
    sums = {name: known[name] + told[name] for name in ("input_tokens", "output_tokens", "total_tokens")}
    return {**known, **told, **sums}


def _with_sums(usage: Json) -> Json:
    said = usage.get("input_tokens") or usage.get("prompt_tokens") or usage.get("prompt_eval_count") or 0
    answered = usage.get("output_tokens") or usage.get("completion_tokens") or usage.get("eval_count") or 0
    whole = usage.get("total_tokens") or said + answered
    return {**usage, "input_tokens": int(said), "output_tokens": int(answered), "total_tokens": int(whole)}


def _is_inline(url: str) -> bool:
    return url.startswith("data:")


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _new_id(kind: str) -> str:
    return f"{kind}_{uuid.uuid4().hex[:24]}"


def _added(place: int, item: Json) -> Json:
    return {"type": "response.output_item.added", "output_index": place, "item": item}


def _done(place: int, item: Json) -> Json:
    return {"type": "response.output_item.done", "output_index": place, "item": item}
