"""What the server knows of a chat while one turn of it runs: who asks, by which path, of which model, with which parts.

Source: Open WebUI 0.12.4 and 0.6.43, main.py and utils/middleware.py; checked by tests/parity/chats/.
"""

from __future__ import annotations

import copy
import dataclasses
import uuid
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.events import Page
from cochat_devkit.runtime.filter_chain import Link, Step, order, run_chain
from cochat_devkit.runtime.loading import to_failure
from cochat_devkit.runtime.people import EPOCH_S, make_user
from cochat_devkit.runtime.saved_chat import SavedChat
from cochat_devkit.runtime.scripts import Script
from cochat_devkit.runtime.snapshots import to_json
from cochat_devkit.runtime.standins.library import memory
from cochat_devkit.runtime.stock import add_parts, add_person
from cochat_devkit.runtime.web_request import Request
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cochat_devkit.plugin import Generation, LoadFailure, Part, Turn
    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.loading import Loaded

CHAT, MESSAGE, SESSION = "chat-of-the-devkit", "message-of-the-devkit", "session-of-the-devkit"
#: the model that is there beside that of a turn, for plugins that ask one themselves
SCRIPTED = "scripted"
#: what main.py takes out of the body, and nothing behind it sees there
_TAKEN_OUT = (
    "filter_ids",
    "session_id",
    "chat_id",
    "id",
    "parent_id",
    "parent_message",
    "model_item",
    "background_tasks",
)
_NOT_IN_THE_BODY: dict[Generation, tuple[str, ...]] = {
    "0.6": _TAKEN_OUT,
    "0.12": (
        *(*_TAKEN_OUT, "user_message", "new_chat", "message_ids", "chat_variables", "tool_servers"),
        *("assistant_message_id", "regeneration_message_id", "folder_id"),
    ),
}


#: what stands for a page once the answer to a plain call is there
NO_PAGE: dict[str, Any] = {"__event_emitter__": None, "__event_call__": None}


class Plugin(NamedTuple):
    """Hold one part of a turn, loaded."""

    part: Part
    loaded: Loaded

    @property
    def id(self) -> str:
        """Name the plugin as the server does."""
        return self.part.request.id


class Conversation:
    """Hold all that is known of a chat while a turn runs, and write down what happens."""

    def __init__(self, plugins: Sequence[Plugin], turn: Turn, generation: Generation) -> None:
        self.turn, self.generation = turn, generation
        self.is_page = turn.path == "page"
        self.tools = [each for each in plugins if each.loaded.type == "tool"]
        self.pipes = {each.id: each for each in plugins if each.loaded.type == "pipe"}
        self.actions = {each.id: each for each in plugins if each.loaded.type == "action"}
        self._filters = [each for each in plugins if each.loaded.type == "filter"]
        self._filenames = {each.id: each.loaded.filename for each in plugins}
        self.model = _make_model(self)
        self.models = {SCRIPTED: _bare_model(SCRIPTED), self.model["id"]: self.model}
        is_asked = turn.action is None
        self.saved = (
            SavedChat(turn.messages, MESSAGE, self.model["id"], generation, is_asked=is_asked) if self.is_page else None
        )
        person = self.make_user()
        add_person(person, plugins)
        add_parts(person["id"], plugins, turn, generation)
        if self.saved is not None:
            memory.add_chat(id=CHAT, user_id=person["id"], held=self.saved.messages)
        self.page = Page(turn.replies, generation, saved=self.saved, is_there=self.is_page)
        self.request = Request(turn.body, self.models)
        self.body, self.metadata = _MAKERS[generation](self)
        #: what every call of the model puts over the metadata of its payload
        self.request.state.metadata = self.metadata if not self.is_page or generation == "0.6" else {**self.metadata}
        if self.is_page and generation != "0.6":
            self.metadata = {**self.metadata, "message_id": MESSAGE, "task_id": str(uuid.uuid4())}
        self.body["metadata"] = self.metadata
        self.trace: list[Json] = []
        self.requests: list[Json] = []
        self.chunks: list[Json] = []
        self.answer_body: Json = None
        #: the images of this turn, by where they are kept
        self.images: dict[str, str] = {}
        #: what the answer rests on
        self.sources: list[Json] = []
        self.script = Script(turn.script)
        self.ended_by: LoadFailure | None = None

    @property
    def base_model(self) -> str:
        """Name the model that answers, without the agent before it."""
        return self.turn.model

    @property
    def agent_params(self) -> Json:
        """Read what the agent says of its model: its system prompt and its parameters."""
        return dict((self.turn.agent or {}).get("params") or {})

    def make_user(self) -> dict[str, Any]:
        """Make the person who asks anew; what a plugin adds to one is not in the next."""
        return make_user(self.turn.role)

    def links(self) -> list[Link]:
        """List the filters that run, in their order."""
        links = [Link(each.id, each.loaded.instance, each.part.valves, each.part.user_valves) for each in self._filters]
        return order(links, self.generation, enabled=self.turn.enabled)

    async def run_hook(self, hook: str, payload: Json, offered: Mapping[str, Any]) -> Json:
        """Run one hook of all filters, and write down what each did.

        Raises:
            Exception: what a filter raises.
        """
        steps: list[Step] = []
        try:
            payload, _ = await run_chain(self.links(), hook, payload, offered, self.generation, into=steps)
        finally:
            for step in steps:
                more = {} if step.error is None else {"error": self.told(step.error, step.id)}
                self.note(hook, step.id, before=step.before, after=step.after, **more)
        return payload

    def note(self, step: str, id_: str, **more: Any) -> Json:
        """Write down one thing that happened."""
        written: Json = {"step": step, "id": id_, **to_json(more)}
        self.trace.append(written)
        return written

    def told(self, error: BaseException, id_: str | None) -> Json:
        """Write down what was raised."""
        failure = self.failure_of(error, id_)
        return {"exception": failure.exception, "message": failure.message, "line": failure.line}

    def failure_of(self, error: BaseException, id_: str | None = None) -> LoadFailure:
        """Say what was raised, and in which line of which plugin."""
        for name in [id_] if id_ is not None else self._filenames:
            found = to_failure(error, self._filenames.get(name, ""))
            if found.line is not None or name == id_:
                return dataclasses.replace(found, plugin=name)
        return to_failure(error, "")

    def offer(self) -> dict[str, Any]:
        """Make the reserved arguments that filters and tools get; a new person each time."""
        ids = {} if self.generation == "0.6" else {"__chat_id__": self.chat_id, "__message_id__": self.message_id}
        return {
            "__event_emitter__": self.page.emit,
            "__event_call__": self.page.ask,
            "__user__": self.make_user(),
            "__metadata__": self.metadata,
            "__oauth_token__": None,
            "__request__": self.request,
            "__model__": self.model,
            **ids,
        }

    @property
    def chat_id(self) -> str | None:
        """Name the chat as plugins see it."""
        found: str | None = self.metadata.get("chat_id")
        return found

    @property
    def message_id(self) -> str | None:
        """Name the answer as plugins see it."""
        found: str | None = self.metadata.get("message_id")
        return found

    @property
    def saved_chat(self) -> SavedChat:
        """Look at the chat that a page has; a plain call has none."""
        assert self.saved is not None  # noqa: S101 - whoever asks is on a page
        return self.saved

    def keep_image(self, url: str) -> str:
        """Put an image that a tool returned among the files of a saved chat, as 0.12 does: where it is from now on."""
        if self.saved is None or self.generation == "0.6" or not url.startswith("data:image/"):
            return url
        id_ = memory.new_id()
        memory.add_file(id=id_, user_id=self.make_user()["id"], filename="image.png")
        place = f"/api/v1/files/{id_}/content"
        self.images[place] = url
        return place

    def sources_event(self) -> Json:
        """Make the event that tells the sources of an answer; empty where it has none."""
        return {"sources": self.sources} if self.sources else {}

    async def tell(self, events: Sequence[Json]) -> None:
        """Tell the page of what the server does."""
        for event in events:
            await self.page.emit(event)


def _bare_model(id_: str) -> Json:
    return {"id": id_, "name": id_, "object": "model", "created": EPOCH_S, "owned_by": "openai"}


def _make_model(chat: Conversation) -> Json:
    """Describe the model that is asked as the server's list does: a pipe, one of others, or an agent before it."""
    base = _make_base_model(chat)
    return base if chat.turn.agent is None else _make_agent(chat.turn.agent, base, chat.generation)


def _make_base_model(chat: Conversation) -> Json:
    pipe = chat.pipes.get(chat.turn.model.partition(".")[0])
    model: Json = {**_bare_model(chat.turn.model), "actions": [], "filters": []}
    if pipe is None:
        row = {name: model[name] for name in ("id", "object", "created", "owned_by")}
        model.update(openai=row, urlIdx=0, connection_type="external")
    else:
        model["pipe"] = {"type": "pipe"}
        model["has_user_valves"] = hasattr(pipe.loaded.instance, "UserValves")
    if chat.generation == "0.6":
        return {**model, "tags": []}
    # the tools that 0.12 has of its own are not there offline
    info = {"meta": {"capabilities": {"builtin_tools": False}}}
    return {**model, "info": info, **({"provider": ""} if pipe is None else {})}


#: what a workspace model has beside what an agent says, by generation; 0.12 keeps its parameters from plugins
_OF_A_ROW: dict[Generation, Json] = {"0.12": {"access_grants": [], "version_id": ""}, "0.6": {"access_control": None}}
_OF_ITS_META: dict[Generation, Json] = {
    "0.12": {
        **dict.fromkeys(("background_image_url", "i18n", "knowledge", "voice", "voice_avatar")),
        "capabilities": {"builtin_tools": False},
    },
    "0.6": {"capabilities": None},
}


def _make_agent(agent: Json, base: Json, generation: Generation) -> Json:
    """Describe a workspace model, which has little of the one that it is based on."""
    names = ("object", "created", "owned_by", "pipe", "tags", "actions", "filters")
    kept = {name: base[name] for name in names if name in base}
    info = {
        "id": agent["id"],
        "user_id": "admin-of-the-devkit",
        "base_model_id": base["id"],
        "name": agent.get("name", agent["id"]),
        "meta": {**_OF_ITS_META[generation], **(agent.get("meta") or {})},
        "is_active": True,
        "created_at": EPOCH_S,
        "updated_at": EPOCH_S,
        **_OF_A_ROW[generation],
        **({} if generation == "0.6" else {"params": {}}),
    }
    about = {"connection_type": base.get("connection_type"), "preset": True, "info": info}
    return {**kept, "id": agent["id"], "name": info["name"], **about}


def _make_new(chat: Conversation) -> tuple[Json, Json]:
    """Make body and metadata as 0.12 does."""
    turn = chat.turn
    body = _asked(chat)
    params = {key: value for key, value in (body.get("params") or {}).items() if value is not None}
    said = {**chat.agent_params, **params}
    if said:
        body["params"] = said
    if chat.agent_params.get("stream_response") is not None:
        body["stream"] = chat.agent_params["stream_response"]
    question = _question(chat)
    metadata = {
        "tool_approval_resume": None,
        "user_id": make_user(turn.role)["id"],
        "user_agent": chat.request.headers["user-agent"],
        "internal": False,
        "chat_id": CHAT if chat.is_page else "",
        "user_message": question,
        "user_message_id": question["id"] if question else None,
        "assistant_message_id": None,
        "regeneration_message_id": None,
        "session_id": SESSION if chat.is_page else None,
        "automation_id": body.pop("automation_id", None),
        "folder_id": body.pop("folder_id", None),
        "filter_ids": list(turn.enabled),
        "tool_ids": body.get("tool_ids"),
        "tool_servers": None,
        "files": body.get("files"),
        "features": body.get("features", {}),
        "variables": body.get("variables", {}),
        "chat_variables": {},
        "chat_context": {
            "messages": [copy.deepcopy(each) for each in turn.messages if each.get("role") == "system"],
            "params": {"system": params["system"]} if "system" in params else {},
            "chat_variables": {},
        },
        "model": chat.model,
        "direct": False,
        "params": {
            **_stream_params(said),
            "compact_token_threshold": said.get("compact_token_threshold"),
            "function_calling": said.get("function_calling") or "native",
            "tool_approval_mode": "full",
            "model_controls": {},
        },
    }
    if not chat.is_page:
        metadata["message_id"] = None
    return body, {**metadata, "include_file_context": False}


def _make_old(chat: Conversation) -> tuple[Json, Json]:
    """Make body and metadata as 0.6 does."""
    turn = chat.turn
    body = _asked(chat)
    agent, params = chat.agent_params, body.get("params") or {}
    if agent.get("stream_response") is not None:
        body["stream"] = agent["stream_response"]
    is_native = "native" in (params.get("function_calling"), agent.get("function_calling"))
    metadata = {
        "user_id": make_user(turn.role)["id"],
        "chat_id": CHAT if chat.is_page else None,
        "message_id": MESSAGE if chat.is_page else None,
        "parent_message": _question(chat),
        "parent_message_id": chat.saved.question_id if chat.saved else None,
        "session_id": SESSION if chat.is_page else None,
        "filter_ids": list(turn.enabled),
        "tool_ids": body.get("tool_ids"),
        "tool_servers": body.pop("tool_servers", None),
        "files": body.get("files"),
        "features": body.get("features", {}),
        "variables": body.get("variables", {}),
        "model": chat.model,
        "direct": False,
        "params": {
            **_stream_params({**params, **{key: each for key, each in agent.items() if each is not None}}),
            "function_calling": "native" if is_native else "default",
        },
    }
    return body, metadata


_MAKERS: dict[Generation, Callable[[Conversation], tuple[Json, Json]]] = {"0.12": _make_new, "0.6": _make_old}


def _asked(chat: Conversation) -> Json:
    """Make the body that a browser or a caller sends, as far as plugins see it."""
    turn = chat.turn
    left_out = _NOT_IN_THE_BODY[chat.generation]
    given = {name: each for name, each in copy.deepcopy(turn.body).items() if name not in left_out}
    body = {"stream": True, **given} if chat.is_page else given
    if chat.tools:
        body.setdefault("tool_ids", [each.id for each in chat.tools])
    return {"model": chat.model["id"], "messages": copy.deepcopy(turn.messages), **body}


def _question(chat: Conversation) -> Json:
    """Say what is answered as a page says it; None on a plain call."""
    if chat.saved is None or not chat.turn.messages:
        return None
    asked = chat.saved.question
    return {**copy.deepcopy(chat.turn.messages[-1]), "id": asked["id"], "parentId": asked["parentId"]}


def _stream_params(params: Mapping[str, Json]) -> Json:
    return {name: params.get(name) for name in ("stream_delta_chunk_size", "reasoning_tags")}
