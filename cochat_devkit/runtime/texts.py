"""How the server adds words to the messages of a payload: a system prompt, and what tools found.

Source: Open WebUI 0.12.4 and 0.6.43, utils/misc.py, utils/payload.py and utils/task.py; checked by
tests/parity/chats/.
"""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cochat_devkit.resource import Json

_FOUND = "Answer with the help of what was found, and name the sources.\n\n<context>\n{{CONTEXT}}\n</context>\n"


def text_of(message: Json) -> str | None:
    """Read the text of a message, the first part of one that has several."""
    content = message.get("content")
    if not isinstance(content, list):
        found: str | None = content
        return found
    return next((each["text"] for each in content if each["type"] == "text"), None)


def last_question(messages: Sequence[Json]) -> str | None:
    """Read what the person said last."""
    return next((text_of(each) for each in reversed(messages) if each.get("role") == "user"), None)


def add_system_text(text: str, messages: list[Json]) -> None:
    """Put words before the system prompt, or make it of them; the messages are changed in place."""
    if messages and messages[0].get("role") == "system":
        _put_before(text, messages[0])
    else:
        messages.insert(0, {"role": "system", "content": text})


def add_found(context: str, question: str, messages: list[Json]) -> None:
    """Put what was found before the last message of a person; the messages are changed in place.

    The words around it are those of the environment's RAG_TEMPLATE, as on the server, and otherwise our own.
    """
    template = os.environ.get("RAG_TEMPLATE") or _FOUND
    text = template
    for mark, word in (
        ("[context]", context),
        ("{{CONTEXT}}", context),
        ("[query]", question),
        ("{{QUERY}}", question),
    ):
        text = text.replace(mark, word)
    if messages and messages[-1].get("role") == "user":
        _put_before(text, messages[-1])
    else:
        messages.append({"role": "user", "content": text})


def _put_before(text: str, message: Json) -> None:
    if not isinstance(message["content"], list):
        message["content"] = f"{text}\n{message['content']}"
        return
    for part in message["content"]:
        if part["type"] == "text":
            part["text"] = f"{text}\n{part['text']}"


def fill_in(text: str, metadata: Mapping[str, Any], user: Mapping[str, Any]) -> str:
    """Put what is known into the places that a system prompt keeps for it."""
    for name, value in (metadata.get("variables") or {}).items():
        text = text.replace(name, str(value))
    now = dt.datetime.now().astimezone()
    known = {
        "CURRENT_DATE": f"{now:%Y-%m-%d}",
        "CURRENT_TIME": f"{now:%I:%M:%S %p}",
        "CURRENT_DATETIME": f"{now:%Y-%m-%d} {now:%I:%M:%S %p}",
        "CURRENT_WEEKDAY": f"{now:%A}",
        "USER_NAME": str(user.get("name")),
        "USER_BIO": str(user.get("bio")),
        "USER_GENDER": str(user.get("gender")),
        "USER_BIRTH_DATE": str(user.get("date_of_birth")),
        "USER_AGE": "None",
        "USER_LOCATION": str((user.get("info") or {}).get("location")),
    }
    for name, value in known.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    return text


def merge_system(messages: Sequence[Json]) -> list[Json]:
    """Make one message of those of the system, and leave out empty texts, as 0.12 does before each round."""
    for each in messages:
        if isinstance(each.get("content"), list):
            said = [part for part in each["content"] if not (part.get("type") == "text" and not part["text"].strip())]
            each["content"] = said or each["content"]
    texts = [text for each in messages if each.get("role") == "system" and (text := text_of(each))]
    others = [each for each in messages if each.get("role") != "system"]
    return [{"role": "system", "content": "\n".join(texts)}, *others] if texts else others


def context_of(sources: Sequence[Json]) -> str:
    """Write sources as the model is given them: each with its number and name."""
    numbers: dict[str, int] = {}
    lines = []
    for source in sources:
        name = source.get("source", {}).get("name")
        for text, about in zip(source.get("document", []), source.get("metadata", []), strict=False):
            id_ = about.get("source") or source.get("source", {}).get("id") or "N/A"
            number = numbers.setdefault(id_, len(numbers) + 1)
            named = f' name="{name}"' if name else ""
            lines.append(f'<source id="{number}"{named}>{text}</source>\n')
    return "".join(lines).strip()
