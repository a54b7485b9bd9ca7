"""A chat as the server saves it while a turn runs, and what it keeps of the events that come by.

Source: Open WebUI 0.12.4 and 0.6.43, socket/main.py and models/chats.py; checked by tests/parity/chats/.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.snapshots import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json


class SavedChat:
    """Hold the messages of a chat by id, the answer of this turn among them, which begins empty.

    `said` are the messages before the answer, without those of the system, which no chat saves. `is_asked` tells a
    question from a button under an answer that is there.
    """

    def __init__(
        self, said: Sequence[Json], answer_id: str, model: str, generation: Generation, *, is_asked: bool = True
    ) -> None:
        self.answer_id = answer_id
        self._generation = generation
        self.messages: dict[str, Json] = {}
        parent: str | None = None
        told = [each for each in said if each.get("role") != "system"]
        answer = {
            "role": "assistant",
            "content": "",
            "model": model,
            **({"done": False} if is_asked and generation != "0.6" else {}),
        }
        for number, message in enumerate([*told, answer], 1):
            id_ = answer_id if number > len(told) else str(message.get("id") or f"message-{number}")
            place: Json = {"id": id_, "parentId": parent, "childrenIds": []}
            self.messages[id_] = {"timestamp": int(time.time()), **to_json(message), **place}
            if parent is not None:
                self.messages[parent]["childrenIds"].append(id_)
            parent = id_

    @property
    def answer(self) -> Json:
        """Look at the answer of this turn as it is saved now."""
        return self.messages[self.answer_id]

    @property
    def question_id(self) -> str | None:
        """Name the message that is answered."""
        found: str | None = self.answer["parentId"]
        return found

    @property
    def question(self) -> Json:
        """Look at the message that is answered."""
        return self.messages[self.answer["parentId"]]

    def chain(self) -> list[Json]:
        """List the messages from the first to the answer."""
        return list(self.messages.values())

    def save(self, fields: Mapping[str, Json]) -> None:
        """Put fields over those that the answer has; 0.12 reads its text out of its output where none is given."""
        kept = to_json(dict(fields))
        if self._generation != "0.6" and not kept.get("content") and (text := output_text(kept.get("output"))):
            kept["content"] = text
        self.answer.update(kept)

    def keep(self, event: Any) -> None:
        """Keep of an event what the server keeps of one of its type."""
        keeper = _KEEPERS.get(event.get("type"))
        if keeper is not None:
            keeper(self.answer, event.get("data", {}))


def output_text(output: Json) -> str:
    """Read the text out of the items of an answer, one paragraph for each message with any."""
    if not isinstance(output, list):
        return ""
    items = [each for each in output if isinstance(each, dict) and each.get("type") == "message"]
    texts = ["".join(str(part["text"]) for part in each.get("content") or [] if "text" in part) for each in items]
    return "\n".join(text for text in texts if text.strip())


def _keep_status(answer: Json, data: Any) -> None:
    answer.setdefault("statusHistory", []).append(to_json(data))


def _keep_message(answer: Json, data: Any) -> None:
    answer["content"] = answer.get("content", "") + data.get("content", "")


def _keep_replacement(answer: Json, data: Any) -> None:
    answer["content"] = data.get("content", "")


def _keep_files(answer: Json, data: Any) -> None:
    answer["files"] = to_json([*data.get("files", []), *answer.get("files", [])])


def _keep_embeds(answer: Json, data: Any) -> None:
    before = [] if data.get("replace") else answer.get("embeds", [])
    answer["embeds"] = to_json([*data.get("embeds", []), *before])


def _keep_source(answer: Json, data: Any) -> None:
    if data.get("type") is None:
        answer.setdefault("sources", []).append(to_json(data))


#: by type of event; what is not here goes to the page alone
_KEEPERS: dict[Any, Callable[[Json, Any], None]] = {
    "status": _keep_status,
    "message": _keep_message,
    "replace": _keep_replacement,
    "files": _keep_files,
    "embeds": _keep_embeds,
    "source": _keep_source,
    "citation": _keep_source,
}
