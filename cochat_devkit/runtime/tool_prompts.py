"""How tools are called for a model that is not given them: it is asked in words, and told in words what they found.

0.6 does so unless native calls are asked for, and 0.12 where the parameters say "legacy". The words of the prompt are
the environment's TOOLS_FUNCTION_CALLING_PROMPT_TEMPLATE, as on the server, and otherwise our own.

Source: Open WebUI 0.12.4 and 0.6.43, utils/middleware.py; checked by tests/parity/chats/.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.scripts import Whole
from cochat_devkit.runtime.snapshots import to_json
from cochat_devkit.runtime.texts import last_question, text_of
from cochat_devkit.runtime.turn_models import ask
from cochat_devkit.runtime.turn_tools import run_tool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.conversation import Conversation

_PROMPT = (
    "These tools can be called: {{TOOLS}}\n"
    'Say which of them help with the query, as {"tool_calls": [{"name": …, "parameters": {…}}]} and nothing else.'
)
_RECENT = 4


async def call_prompted(chat: Conversation, payload: Json, tools: Mapping[str, Any]) -> list[Json]:
    """Ask the model which tools to call, and call them: what they found, as sources.

    Whatever goes wrong, the chat goes on without tools.
    """
    sources: list[Json] = []
    try:
        answer = await ask(chat, _question(chat, payload, tools))
        if not isinstance(answer, Whole):
            return []
        content = answer.body["choices"][0]["message"]["content"]
        said = json.loads(content[content.find("{") : content.rfind("}") + 1])
        for call in said.get("tool_calls") or [said]:
            await _call(chat, call, tools, sources)
    except Exception as error:  # noqa: BLE001 - the server goes on without tools
        chat.note("left out", "tools", result=f"the answer to the prompt for tools is not understood: {error}")
    return sources


def _question(chat: Conversation, payload: Json, tools: Mapping[str, Any]) -> Json:
    template = os.environ.get("TOOLS_FUNCTION_CALLING_PROMPT_TEMPLATE") or _PROMPT
    form: Any = {"separators": (",", ":")} if chat.generation != "0.6" else {}
    specs = json.dumps([each["spec"] for each in tools.values()], ensure_ascii=False, **form)
    messages = payload["messages"]
    question = last_question(messages)
    if question and messages[-1]["role"] == "user":
        messages = messages[:-1]
    history = "\n".join(f'{each["role"].upper()}: """{text_of(each)}"""' for each in messages[-_RECENT:])
    words = f"History:\n{history}\nQuery: {question}" if history else f"Query: {question}"
    return {
        "model": payload["model"],
        "messages": [
            {"role": "system", "content": template.replace("{{TOOLS}}", specs)},
            {"role": "user", "content": words},
        ],
        "stream": False,
        "metadata": {"task": "function_calling"},
    }


async def _call(chat: Conversation, call: Json, tools: Mapping[str, Any], sources: list[Json]) -> None:
    name = call.get("name")
    if name not in tools:
        return
    tool = tools[name]
    called = await run_tool(chat, name, tool, call.get("parameters", {}), {})
    for file in called.answer.files:
        if file.get("type") == "image" and file.get("url"):
            file["url"] = chat.keep_image(file["url"])
    for kind in ("files", "embeds"):
        if found := getattr(called.answer, kind):
            await chat.page.emit({"type": kind, "data": {kind: to_json(found)}})
    if called.answer.text:
        full = f"{tool['tool_id']}/{name}"
        sources.append({
            "source": {"name": full},
            "document": [str(called.answer.text)],
            "metadata": [{"source": full, "parameters": called.arguments}],
            "tool_result": True,
        })  # fmt: skip
