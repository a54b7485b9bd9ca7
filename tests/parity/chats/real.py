"""Ask a real server a scenario through its own chat endpoint, and gather all that can be seen of the answer."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.contract.real.prepare import environment_python
from tests.contract.real.servers import RealServer, start_real_server
from tests.contract.stage import FUNCTIONS, TOOLS, PluginKind, make_client, read_json
from tests.parity.chats.scripted import scripted_model
from tests.parity.chats.seen import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from cochat_devkit.plugin import Part, Turn
    from tests.parity.chats.scenario import Scenario
    from tests.parity.chats.scripted import ScriptedModel

Json = Any
TURN_TIMEOUT_S = 20.0
#: what a page tells of each message when an answer is done
_TOLD = ("id", "role", "content", "info", "timestamp", "usage", "sources")
KINDS = {"tool": TOOLS, "function": FUNCTIONS}
#: the words around a prompt for tools and around what was found: those that come with a server are its own
TEMPLATES = {
    "TOOLS_FUNCTION_CALLING_PROMPT_TEMPLATE": "These tools can be called: {{TOOLS}}",
    "RAG_TEMPLATE": "This was found: {{CONTEXT}}",
}
#: the tools that a server brings itself are none of a plugin, and everybody may use every model
SETTINGS = {
    **TEMPLATES,
    "ENABLE_OPENAI_API": "True",
    "OPENAI_API_KEY": "only-for-tests",
    "BYPASS_MODEL_ACCESS_CONTROL": "True",
    "DEFAULT_MODEL_METADATA": '{"capabilities": {"builtin_tools": false}}',
}


@dataclass(frozen=True)
class Asker:
    """One person who asks: what the server knows of them, and a client that speaks for them."""

    id: str
    name: str
    email: str
    client: httpx.Client
    page: Page


class Page:
    """A page that is open: it hears events and answers event calls."""

    def __init__(self, version: str, url: str, token: str) -> None:
        script = Path(__file__).with_name("page.py")
        self._process = subprocess.Popen(
            [environment_python(version), "-I", script, url, token],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.session_id: str = self._read()["session_id"]

    def begin(self, replies: Json) -> None:
        """Say what to answer to event calls, and forget what was heard."""
        self._ask({"replies": replies})

    def events(self) -> list[Json]:
        """Return the events that were heard since, in order."""
        heard: list[Json] = self._ask({"tell": True})["events"]
        return heard

    def close(self) -> None:
        """Leave."""
        self._process.communicate(timeout=TURN_TIMEOUT_S)

    def _ask(self, command: Json) -> Json:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Json:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())


class RealSide:
    """A running server and the people who ask it."""

    def __init__(self, server: RealServer, model: ScriptedModel, folder: Path, stack: ExitStack) -> None:
        self.version = server.version
        self.generation = server.generation
        self._model = model
        self._folder = folder
        self._stack = stack
        self._admin = self._client(server.url, server.token)
        self._askers = {
            "admin": self._asker(server, server.token),
            "user": self._asker(server, server.add_user("person").token),
        }
        # who has saved valves once has settings ever after, and they are seen by plugins
        self._savers = {
            "admin": self._asker(server, server.add_user("saver", role="admin").token),
            "user": self._asker(server, server.add_user("keeper").token),
        }

    def ask(self, scenario: Scenario) -> Json:
        """Play one scenario, and return what was seen of it; its plugins are gone afterwards."""
        log = self._folder / f"{scenario.name}.log"
        turn = scenario.turn_for("0.6" if self.generation == "0.6" else "0.12", log)
        saves = any(part.user_valves for part in turn.parts)
        asker = (self._savers if saves else self._askers)[turn.role]
        self._model.play(turn.script)
        with ExitStack() as stack:
            for part in turn.parts:
                self._install(part, scenario, asker, stack)
            self._assign(scenario, stack)
            read_json(self._admin.get("/api/models"))
            seen = self._ask_page(turn, asker) if turn.path == "page" else self._ask_api(turn, asker)
        names = self._names(asker, seen)
        return plain({**seen, "requests": self._model.requests, "log": read_log(log), "names": names})

    def _client(self, url: str, token: str) -> httpx.Client:
        return self._stack.enter_context(make_client(url, token))

    def _asker(self, server: RealServer, token: str) -> Asker:
        client = self._client(server.url, token)
        about = read_json(client.get("/api/v1/auths/"))
        page = Page(self.version, server.url, token)
        self._stack.callback(page.close)
        return Asker(about["id"], about["name"], about["email"], client, page)

    def _install(self, part: Part, scenario: Scenario, asker: Asker, stack: ExitStack) -> None:
        request, kind = part.request, KINDS[part.request.kind]
        access = self._public() if kind is TOOLS else {}
        form = kind.form(request.id, request.source, **access)
        stack.callback(lambda: self._admin.delete(kind.url(request.id, "/delete")))
        created = self._admin.post(f"{kind.path}/create", json=form)
        assert created.status_code == 200, f"{scenario.name}: {request.id}: {created.text}"
        if kind is FUNCTIONS:
            read_json(self._admin.post(kind.url(request.id, "/toggle")))
            if created.json()["type"] in ("filter", "action") and request.id not in scenario.of_model:
                read_json(self._admin.post(kind.url(request.id, "/toggle/global")))
        self._set_valves(part, kind, asker, stack)

    def _set_valves(self, part: Part, kind: PluginKind, asker: Asker, stack: ExitStack) -> None:
        """Save the valves of a plugin; those of a person outlive it, and are emptied at the end."""
        id_ = part.request.id
        if part.valves:
            read_json(self._admin.post(kind.url(id_, "/valves/update"), json=part.valves))
        if part.user_valves:
            url = kind.url(id_, "/valves/user/update")
            read_json(asker.client.post(url, json=part.user_valves))
            stack.callback(lambda: read_json(asker.client.post(url, json={})))

    def _public(self) -> Json:
        if self.generation == "0.6":
            return {"access_control": None}
        return {"access_grants": [{"principal_type": "user", "principal_id": "*", "permission": "read"}]}

    def _assign(self, scenario: Scenario, stack: ExitStack) -> None:
        """Make the model that is asked: an agent, or one that has filters of its own."""
        turn = scenario.turn
        form = {"id": turn.model, "name": turn.model, "base_model_id": None, "meta": {}, "params": {}}
        if turn.agent:
            form |= {"base_model_id": turn.model, **turn.agent}
        if scenario.of_model:
            form["meta"] = {**form["meta"], "filterIds": list(scenario.of_model)}
        if turn.agent or scenario.of_model:
            about = {"id": form["id"]}
            stack.callback(lambda: self._admin.post("/api/v1/models/model/delete", params=about, json=about))
            read_json(self._admin.post("/api/v1/models/create", json=form))

    def _ask_api(self, turn: Turn, asker: Asker) -> Json:
        form = self._form(turn)
        if not form.get("stream"):
            answer = asker.client.post("/api/chat/completions", json=form)
            if "text/event-stream" in answer.headers.get("Content-Type", ""):
                return {"status": 200, "chunks": [_parse_event(line) for line in answer.text.split("\n") if line]}
            return {"status": answer.status_code, "body": _parse(answer.text)}
        with asker.client.stream("POST", "/api/chat/completions", json=form) as answer:
            lines = [line for line in answer.iter_lines() if line]
        if "text/event-stream" not in answer.headers["content-type"]:
            return {"status": answer.status_code, "body": _parse("\n".join(lines))}
        return {"status": 200, "chunks": [_parse_event(line) for line in lines]}

    def _ask_page(self, turn: Turn, asker: Asker) -> Json:
        """Ask as a page does: a chat is saved first, and the answer comes as events and into the chat."""
        *before, last = turn.messages
        chat, ids = self._save_chat(before, last, turn, asker)
        asker.page.begin(turn.replies)
        session = asker.page.session_id if turn.replies else "no-such-session"
        whereabouts = {"chat_id": chat, "id": ids["answer"], "session_id": session}
        seen: Json = {"ids": {"chat": chat, "session": session, **ids}}
        if turn.action is not None:
            form = {"model": _asked(turn), "messages": turn.messages, **whereabouts}
            answer = asker.client.post(f"/api/chat/actions/{turn.action}", json=form)
        else:
            form = {**self._form(turn), **whereabouts, **self._question(ids, last)}
            answer = asker.client.post("/api/chat/completions", json=form)
            self._wait(chat, asker)
        seen["status"] = answer.status_code
        if turn.action is not None or answer.status_code != 200:
            seen["body"] = _parse(answer.text)
        if self.generation == "0.6" and any(_is_done(each["data"]) for each in asker.page.events()):
            self._complete(turn, ids, whereabouts, asker)
        seen["events"] = [each["data"] for each in asker.page.events() if each.get("chat_id") == chat]
        seen["messages"] = self._messages(chat, ids, asker)
        return seen

    def _complete(self, turn: Turn, ids: Json, whereabouts: Json, asker: Asker) -> None:
        """Post the chat as a page of 0.6 does when an answer is done, and save what comes back, as it does too."""
        chat = whereabouts["chat_id"]
        saved = self._messages(chat, ids, asker)
        told = [{name: each[name] for name in _TOLD if name in each} for each in saved]
        enabled = {"filter_ids": list(turn.enabled)} if turn.enabled else {}
        form = {"model": _asked(turn), "messages": told, **whereabouts, **enabled}
        answer = asker.client.post("/api/chat/completed", json=form)
        body = _parse(answer.text)
        if not isinstance(body, dict) or not body.get("messages"):
            return
        # what the outlets emitted has reached the page meanwhile
        rows = {each["id"]: each for each in self._messages(chat, ids, asker)}
        for message in filter(lambda each: each.get("id"), body["messages"]):
            row = rows[message["id"]]
            original = {} if row["content"] == message["content"] else {"originalContent": row["content"]}
            rows[message["id"]] = {**row, **original, **message}
        history = {"messages": rows, "currentId": ids["answer"]}
        read_json(asker.client.post(f"/api/v1/chats/{chat}", json={"chat": {"history": history}}))

    def _form(self, turn: Turn) -> Json:
        tools = [part.request.id for part in turn.parts if part.request.kind == "tool"]
        form = {"model": _asked(turn), "messages": turn.messages, **turn.body}
        if tools:
            form["tool_ids"] = tools
        if turn.enabled:
            form["filter_ids"] = list(turn.enabled)
        return form

    def _question(self, ids: Json, last: Json) -> Json:
        """Say which saved message is answered, in this generation's words."""
        message = {**last, "id": ids["question"], "parentId": ids["before"]}
        if self.generation == "0.6":
            return {"parent_id": ids["question"], "parent_message": message}
        return {"parent_id": ids["before"], "user_message": message}

    def _save_chat(self, before: list[Json], last: Json, turn: Turn, asker: Asker) -> tuple[str, Json]:
        """Save a chat with its messages, and a place for the answer: (its id, the ids of its messages).

        No page saves the system prompt among them.
        """
        rows: dict[str, Json] = {}
        parent: str | None = None
        prepared = {"role": "assistant", "content": "", "model": turn.model}
        said = [each for each in before if each["role"] != "system"]
        for message in [*said, last, prepared]:
            id_ = str(uuid.uuid4())
            place = {"id": id_, "parentId": parent, "childrenIds": [], "timestamp": int(time.time())}
            rows[id_] = {**message, **place}
            if parent is not None:
                rows[parent]["childrenIds"].append(id_)
            parent = id_
        *_, question, answer = rows
        history = {"messages": rows, "currentId": answer}
        form = {"chat": {"title": "New Chat", "models": [turn.model], "history": history, "messages": []}}
        chat: str = read_json(asker.client.post("/api/v1/chats/new", json=form))["id"]
        ids = {"before": rows[question]["parentId"], "question": question, "answer": answer, "all": list(rows)}
        return chat, ids

    def _wait(self, chat: str, asker: Asker) -> None:
        """Wait until the server has no task left for the chat."""
        deadline = time.monotonic() + TURN_TIMEOUT_S
        while read_json(asker.client.get(f"/api/tasks/chat/{chat}"))["task_ids"]:
            assert time.monotonic() < deadline, "the turn did not end"
            time.sleep(0.05)

    def _messages(self, chat: str, ids: Json, asker: Asker) -> list[Json]:
        rows = read_json(asker.client.get(f"/api/v1/chats/{chat}"))["chat"]["history"]["messages"]
        return [rows[id_] for id_ in ids["all"]]

    def _names(self, asker: Asker, seen: Json) -> dict[str, str]:
        """Say what stands for each id that is made up anew for every server and chat."""
        ids = seen.pop("ids", {})
        found = {asker.id: "<user>", asker.email: "<email>", ids.get("chat"): "<chat>", ids.get("session"): "<session>"}
        found |= {id_: f"<message {number}>" for number, id_ in enumerate(ids.get("all", ()))}
        return {id_: name for id_, name in found.items() if id_}


@contextmanager
def real_side(version: str, folder: Path) -> Iterator[RealSide]:
    """Start a server with a scripted model for the length of the `with` block; `folder` is absent or empty."""
    with ExitStack() as stack:
        model = stack.enter_context(scripted_model())
        settings = {**SETTINGS, "OPENAI_API_BASE_URL": model.url}
        server = stack.enter_context(start_real_server(version, folder / "server", settings=settings))
        yield RealSide(server, model, folder, stack)


def _asked(turn: Turn) -> str:
    model: str = turn.agent["id"] if turn.agent else turn.model
    return model


def _is_done(event: Json) -> bool:
    return event.get("type") == "chat:completion" and bool(event.get("data", {}).get("done"))


def _parse(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _parse_event(line: str) -> Json:
    return _parse(line.removeprefix("data:").strip())


def read_log(log: Path) -> list[Json]:
    """Read what the plugins of a scenario wrote down."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
