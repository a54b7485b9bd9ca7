"""`open_webui.utils.misc`: what is done again and again with messages, names and texts. Nothing here looks outside.

Source: Open WebUI 0.12.4 and 0.6.43, utils/misc.py; checked by tests/runtime/test_library_against_server.py, with
messages made at random among its samples.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins import home
from cochat_devkit.runtime.standins.library.history import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

Message = dict[str, Any]
Messages = list[Message]
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(-?\d+(?:\.\d+)?)(ms|[smhdw])")


def deep_update(d: dict[Any, Any], u: Mapping[Any, Any]) -> dict[Any, Any]:
    """Put one mapping over another, those within them likewise."""
    for name, value in u.items():
        d[name] = deep_update(d.get(name, {}), value) if isinstance(value, Mapping) else value
    return d


def get_allow_block_lists(filter_list: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """Part what is allowed from what is blocked, which begins with a `!`."""
    bare = str.strip if home.is_old() else _bare
    entries = [each or "" for each in filter_list or []]
    entries = entries if home.is_old() else [each for each in map(_bare, entries) if each]
    allowed = [bare(each) for each in entries if not each.startswith("!")]
    blocked = [bare(each[1:]) for each in entries if each.startswith("!")]
    return allowed, blocked if home.is_old() else [each for each in blocked if each]


def _bare(entry: str) -> str:
    """Take off blanks and quotes."""
    return entry.strip().strip("\"'").strip()


def is_string_allowed(string: str | Sequence[str], filter_list: Sequence[str] | None = None) -> bool:
    """Tell whether a text, or one of some, ends as is allowed, and none as is blocked."""
    if not filter_list:
        return True
    allowed, blocked = get_allow_block_lists(filter_list)
    texts = [string] if isinstance(string, str) else list(string)
    is_named = not allowed or any(text.endswith(tuple(allowed)) for text in texts)
    return is_named and not any(text.endswith(tuple(blocked)) for text in texts)


def get_message_list(messages_map: Mapping[str, Message] | None, message_id: str) -> Messages:
    """List the messages from the first to one of them, along their parents."""
    found: Messages = []
    seen: set[str] = set()
    known = messages_map or {}
    while message_id in known and message_id not in seen:
        seen.add(message_id)
        found.insert(0, known[message_id])
        message_id = known[message_id].get("parentId") or ""
    return found


def get_messages_content(messages: Messages) -> str:
    """Write messages as a dialogue, a line each."""
    return "\n".join(f"{each['role'].upper()}: {get_content_from_message(each)}" for each in messages)


def get_content_from_message(message: Message) -> str | None:
    """Read the text of a message: the first of its texts, and on newer servers that of its output where it has none."""
    content = message.get("content")
    if isinstance(content, list):
        for part in content:
            if (home.is_old() or isinstance(part, dict)) and part.get("type") == "text":
                text: str | None = part["text"] if home.is_old() else part.get("text")
                return text
    elif content or home.is_old():
        return content
    if home.is_old():
        return None
    return get_output_text(message.get("output")) or (content if isinstance(content, str) else None)


def get_output_text(output: Any) -> str:
    """Read the texts of the messages in an output, a paragraph each."""
    items = output if isinstance(output, list) else []
    messages = (each for each in items if isinstance(each, dict) and each.get("type") == "message")
    contents = (each.get("content") for each in messages)
    texts = ("".join(map(_text_of, content)) for content in contents if isinstance(content, list))
    return "\n".join(text for text in texts if text.strip())


def _text_of(part: Any) -> str:
    return str(part["text"]) if isinstance(part, dict) and part.get("text") is not None else ""


def _last(messages: Messages, role: str) -> Message | None:
    return next((each for each in reversed(messages) if each["role"] == role), None)


def get_last_user_message_item(messages: Messages) -> Message | None:
    """Find what the person wrote last."""
    return _last(messages, "user")


def get_last_user_message(messages: Messages) -> str | None:
    """Read what the person wrote last."""
    found = _last(messages, "user")
    return None if found is None else get_content_from_message(found)


def get_last_assistant_message_item(messages: Messages) -> Message | None:
    """Find the last answer."""
    return _last(messages, "assistant")


def get_last_assistant_message(messages: Messages) -> str | None:
    """Read the last answer."""
    found = _last(messages, "assistant")
    return None if found is None else get_content_from_message(found)


def set_last_user_message_content(content: str, messages: Messages) -> Messages:
    """Put a text in the place of what the person wrote last."""
    found = next((each for each in reversed(messages) if each.get("role") == "user"), None)
    if found is not None and isinstance(found.get("content"), list):
        for part in [each for each in found["content"] if each.get("type") == "text"][:1]:
            part["text"] = content
    elif found is not None:
        found["content"] = content
    return messages


def get_system_message(messages: Messages) -> Message | None:
    """Find the first message of the system."""
    return next((each for each in messages if each["role"] == "system"), None)


def remove_system_message(messages: Messages) -> Messages:
    """List the messages without those of the system."""
    return [each for each in messages if each["role"] != "system"]


def pop_system_message(messages: Messages) -> tuple[Message | None, Messages]:
    """Give the first message of the system, and the others."""
    return get_system_message(messages), remove_system_message(messages)


def merge_system_messages(messages: Messages) -> Messages:
    """Make one message, the first, of all those of the system."""
    texts = [get_content_from_message(each) for each in messages if each.get("role") == "system"]
    others = [each for each in messages if each.get("role") != "system"]
    said = [text for text in texts if text]
    return [{"role": "system", "content": "\n".join(said)}, *others] if said else others


def update_message_content(message: Message, content: str, append: bool = True) -> Message:
    """Add a line to a message, behind its text or before it."""

    def add_to(text: str) -> str:
        return f"{text}\n{content}" if append else f"{content}\n{text}"

    if isinstance(message["content"], list):
        for part in message["content"]:
            if part["type"] == "text":
                part["text"] = add_to(part["text"])
    else:
        message["content"] = add_to(message["content"])
    return message


def replace_system_message_content(content: str, messages: Messages) -> Messages:
    """Put a text in the place of the first message of the system's."""
    found = get_system_message(messages)
    if found is not None:
        found["content"] = content
    return messages


def add_or_update_system_message(content: str, messages: Messages, append: bool = False) -> Messages:
    """Add to the system's message, where that comes first, or put one there."""
    if messages and messages[0].get("role") == "system":
        update_message_content(messages[0], content, append)
    else:
        messages.insert(0, {"role": "system", "content": content})
    return messages


def add_or_update_user_message(content: str, messages: Messages, append: bool = True) -> Messages:
    """Add to the person's message, where that comes last, or put one there."""
    if messages and messages[-1].get("role") == "user":
        update_message_content(messages[-1], content, append)
    else:
        messages.append({"role": "user", "content": content})
    return messages


def prepend_to_first_user_message_content(content: str, messages: Messages) -> Messages:
    """Put a line before the first message of the person's."""
    found = next((each for each in messages if each["role"] == "user"), None)
    if found is not None:
        update_message_content(found, content, append=False)
    return messages


def append_or_update_assistant_message(content: str, messages: Messages) -> Messages:
    """Add to the answer, where that comes last, or put one there."""
    if messages and messages[-1].get("role") == "assistant":
        messages[-1]["content"] = f"{messages[-1]['content']}\n{content}"
    else:
        messages.append({"role": "assistant", "content": content})
    return messages


def strip_empty_content_blocks(messages: Messages) -> Messages:
    """Take empty texts out of messages of several parts, where another part is left."""
    for message in messages:
        if isinstance(message.get("content"), list):
            message["content"] = [each for each in message["content"] if not _is_empty(each)] or message["content"]
    return messages


def _is_empty(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and not part.get("text", "").strip()


def openai_chat_message_template(model: str, message_id: str | None = None) -> dict[str, Any]:
    """Begin an answer as providers shape it."""
    choice = {"index": 0, "logprobs": None, "finish_reason": None}
    made_id = message_id or f"{model}-{uuid.uuid4()}"
    return {"id": made_id, "created": int(time.time()), "model": model, "choices": [choice]}


def openai_chat_chunk_message_template(
    model: str,
    content: str | None = None,
    reasoning_content: str | None = None,
    tool_calls: Any = None,
    usage: Any = None,
    message_id: str | None = None,
) -> dict[str, Any]:
    """Shape a piece of a streamed answer; one without anything in it is the last."""
    told = {"content": content, "reasoning_content": reasoning_content, "tool_calls": tool_calls}
    made = {**openai_chat_message_template(model, message_id), "object": "chat.completion.chunk"}
    made["choices"][0]["delta"] = {name: each for name, each in told.items() if each}
    if not made["choices"][0]["delta"]:
        made["choices"][0]["finish_reason"] = "stop"
    return {**made, "usage": usage} if usage else made


def openai_chat_completion_message_template(
    model: str,
    message: str | None = None,
    reasoning_content: str | None = None,
    tool_calls: Any = None,
    usage: Any = None,
) -> dict[str, Any]:
    """Shape a whole answer."""
    told = {"reasoning_content": reasoning_content, "tool_calls": tool_calls}
    made = {**openai_chat_message_template(model), "object": "chat.completion"}
    choice = made["choices"][0]
    if message is not None:
        more = {name: each for name, each in told.items() if each}
        choice["message"] = {"role": "assistant", "content": message, **more}
    choice["finish_reason"] = "tool_calls" if tool_calls and not home.is_old() else "stop"
    return {**made, "usage": usage} if usage else made


def get_gravatar_url(email: str) -> str:
    """Name the address of the picture that a service of others keeps for an email."""
    return f"https://www.gravatar.com/avatar/{calculate_sha256_string(str(email).strip().lower())}?d=mp"


def calculate_sha256(file_path: str, chunk_size: int) -> str:  # noqa: ARG001 - the outcome is the same
    """Hash a file."""
    return hashlib.sha256(Path(file_path).read_bytes()).hexdigest()


def calculate_sha256_string(string: str) -> str:
    """Hash a text."""
    return hashlib.sha256(string.encode()).hexdigest()


def validate_email_format(email: str) -> bool:
    """Tell whether a text looks like an email."""
    return email.endswith("@localhost") or re.match(r"[^@]+@[^@]+\.[^@]+", email) is not None


def sanitize_filename(file_name: str) -> str:
    """Make small letters, digits and dashes of a name."""
    return re.sub(r"\s+", "-", re.sub(r"[^\w\s]", "", file_name.lower()))


def sanitize_text_for_db(text: Any) -> Any:
    """Take out of a text what a database does not keep."""
    return clean(text) if isinstance(text, str) else text


def sanitize_data_for_db(obj: Any) -> Any:
    """Take out of all texts in a value what a database does not keep."""
    return clean(obj)


def parse_duration(duration: str) -> dt.timedelta | None:
    """Read a length of time ("1h30m"); None for one without end.

    Raises:
        ValueError: there is none in the text.
    """
    if duration in ("-1", "0"):
        return None
    found = _DURATION.findall(duration)
    if not found:
        raise ValueError("Invalid duration string")
    return sum((dt.timedelta(**{_UNITS[unit]: float(number)}) for number, unit in found), dt.timedelta())


def freeze(value: Any) -> Any:
    """Make a value that can be a key."""
    if isinstance(value, dict):
        return frozenset((name, freeze(each)) for name, each in value.items())
    return tuple(map(freeze, value)) if isinstance(value, list) else value


def extract_urls(text: str) -> list[str]:
    """Find the addresses in a text."""
    return re.findall(r"https?://\S+", text, re.IGNORECASE)


_PLAYED = (
    *(deep_update, get_allow_block_lists, is_string_allowed, get_message_list, get_messages_content),
    *(get_content_from_message, get_output_text, get_last_user_message_item, get_last_user_message),
    *(get_last_assistant_message_item, get_last_assistant_message, set_last_user_message_content),
    *(get_system_message, remove_system_message, pop_system_message, merge_system_messages, update_message_content),
    *(replace_system_message_content, add_or_update_system_message, add_or_update_user_message),
    *(prepend_to_first_user_message_content, append_or_update_assistant_message, strip_empty_content_blocks),
    *(openai_chat_message_template, openai_chat_chunk_message_template, openai_chat_completion_message_template),
    *(get_gravatar_url, calculate_sha256, calculate_sha256_string, validate_email_format, sanitize_filename),
    *(sanitize_text_for_db, sanitize_data_for_db, parse_duration, freeze, extract_urls),
)
PLAYS = {each.__name__: each for each in _PLAYED}
