"""`cochat chat`."""

from __future__ import annotations

import json
import re
import sys
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import complete_refs, generation_option, json_option
from cochat_devkit.cli.words import pair, value_of, values_of
from cochat_devkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cochat_devkit.resource import Json

_WORD = re.compile(r"\S+\s*|\s+")
_MOST_LINES = 40
#: what a page of 0.6 shows folded: the trace has it
_FOLDED = re.compile(r'<details type="(?:tool_calls|reasoning)".*?</details>\n?', re.DOTALL)


@click.command("chat")
@click.argument("text")
@click.option("--agent", metavar="REF", shell_complete=complete_refs, help="An agent: its prompt, tools and filters.")
@click.option("--tool", "tools", multiple=True, metavar="REF", shell_complete=complete_refs, help="A tool.")
@click.option("--filter", "filters", multiple=True, metavar="REF", shell_complete=complete_refs, help="A filter.")
@click.option(
    "--pipe", metavar="REF", shell_complete=complete_refs, help="A pipe that answers, or one of its models: REF.ID."
)
@click.option(
    "--model",
    default="scripted",
    show_default=True,
    metavar="URL",
    help="An OpenAI-compatible model that answers: URL, or NAME@URL where several are served.",
)
@click.option(
    "--key-from", default="OPENAI_API_KEY", show_default=True, metavar="VARIABLE", help="Where the model's key is."
)
@click.option("--says", multiple=True, metavar="TEXT", help="What the scripted model answers; otherwise what it read.")
@click.option(
    "--calls", multiple=True, metavar="METHOD:JSON", help="A tool call of the scripted model, before it answers."
)
@click.option("--as", "role", type=click.Choice(["user", "admin"]), default="user", show_default=True, help="Who asks.")
@click.option("--valve", "valves", multiple=True, metavar="REF:NAME=VALUE", help="A saved valve of a plugin.")
@click.option(
    "--user-valve", "user_valves", multiple=True, metavar="REF:NAME=VALUE", help="A valve that the user saved."
)
@click.option(
    "--enable",
    "enabled",
    multiple=True,
    metavar="FILTER",
    shell_complete=complete_refs,
    help="Switch on a filter that has a toggle.",
)
@click.option("--reply", "replies", multiple=True, metavar="TYPE=VALUE", help="What the page answers to an event call.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter, as function_calling=native.")
@click.option("--api", "is_api", is_flag=True, help="Ask by a plain call of the API, and not from a page.")
@click.option("--stream/--no-stream", "streams", default=None, help="Have the answer streamed; a page does by default.")
@click.option("--trace/--no-trace", "traces", default=True, help="Show each step on stderr; on by default.")
@click.option("--events", is_flag=True, help="Show every event that the page is sent.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=0.1), default=120.0, show_default=True, metavar="S")
@generation_option
@json_option
def command(text: str, **options: Any) -> int:
    """Ask one question here, through filters, tools and pipes as the server would, and show each step.

    What the person reads at the end is on stdout; what each plugin changed on the way is on stderr. Without --model a
    scripted one answers: the calls that you give first, then each text, and beyond that the last thing that it read.
    TEXT may be - for stdin. Plugins run in a process of their own, with your rights; a model's key never enters it.
    Exit 1: a plugin raised.

    \b
    Examples:
      cochat chat --filter filter/shouts "hello"
      cochat chat --tool weather --calls 'forecast:{"city": "Oslo"}' --says "Mild." "how warm is it?"
      cochat chat --agent agent/researcher --model http://localhost:11434/v1 "what is new?"
      cochat chat --pipe pipe/router --api --no-stream --target-version 0.6 "hello"
    """
    from cochat_devkit.cli.consent import with_consent
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.chat import chat

    config, asked = read_config(), _asked(sys.stdin.read() if text == "-" else text, options)
    report = with_consent(
        config,
        lambda: chat(config, asked, generation=options["generation"], timeout_s=options["timeout_s"]),
        as_json=options["as_json"],
    )
    if options["as_json"]:
        render.report_json("chat", report)
        return report.exit_code
    told = report.extra
    if told["output"]:
        render.err(told["output"].rstrip("\n"))
    if options["traces"]:
        _show_trace(told["trace"])
    for event in told["events"] if options["events"] else ():
        render.err(f"event  {json.dumps(event, ensure_ascii=False)}")
    if told["text"] is not None:
        render.out(_FOLDED.sub("", told["text"]).strip("\n"))
    if told["error"]:
        render.err(_error_of(told["error"]))
    elif told["text"] is None:
        render.err("the person reads nothing")
    return report.exit_code


def _asked(text: str, options: dict[str, Any]) -> Any:
    from cochat_devkit.operations.chat import ChatRequest

    params = dict(map(_named, options["params"]))
    streams = {} if options["streams"] is None else {"stream": options["streams"]}
    script = [{"calls": [_call(each)]} for each in options["calls"]]
    script += [{"pieces": _WORD.findall(each) or [""]} for each in options["says"]]
    return ChatRequest(
        text=text,
        agent=options["agent"],
        tools=options["tools"],
        filters=options["filters"],
        pipe=options["pipe"],
        enabled=options["enabled"],
        valves=_by_plugin(options["valves"]),
        user_valves=_by_plugin(options["user_valves"]),
        model=options["model"],
        key_from=options["key_from"],
        script=tuple(script),
        role=options["role"],
        replies=dict(map(_named, options["replies"])),
        path="api" if options["is_api"] else "page",
        body={**streams, **({"params": params} if params else {})},
    )


def _named(word: str) -> tuple[str, Json]:
    name, value = pair(word)
    return name, value_of(value)


def _call(word: str) -> Json:
    """Read a call; what stands for its arguments and is no JSON is said as it stands, as models do at times."""
    name, _, arguments = word.partition(":")
    try:
        return {"name": name, "arguments": json.loads(arguments or "{}")}
    except ValueError:
        return {"name": name, "arguments": arguments}


def _by_plugin(words: Sequence[str]) -> dict[str, dict[str, Json]]:
    found: dict[str, dict[str, Json]] = {}
    for word in words:
        ref, colon, setting = word.partition(":")
        if not colon or not ref:
            raise UsageError(f"{word!r} is no REF:NAME=VALUE", hint="as in filter/shouts:word=hello")
        found.setdefault(ref, {}).update(values_of([setting]))
    return found


def _show_trace(trace: Iterable[Json]) -> None:
    """Show each step; those of a stream together, filter by filter."""
    for is_stream, steps in groupby(trace, key=lambda each: each["step"] == "stream"):
        if is_stream:
            _show_stream(list(steps))
        else:
            for each in steps:
                _show_step(each)


def _show_step(step: Json) -> None:
    teller = _SHOWN.get(step["step"])
    render.err(f"{render.paint(step['step'], 'cyan')}  {step['id']}{teller(step) if teller else ''}")
    if step["step"] in ("inlet", "request", "outlet"):
        if not step["changes"] and not step.get("error"):
            render.err("  changes nothing")
        render.err_diff([f"{each[:1]} {each[1:].strip()}" for each in step["changes"][:_MOST_LINES]])
    _show_error(step)


def _show_stream(steps: list[Json]) -> None:
    for id_ in dict.fromkeys(each["id"] for each in steps):
        own = [each for each in steps if each["id"] == id_]
        changed = sum(each["before"] != each["after"] for each in own if not each.get("error"))
        render.err(f"{render.paint('stream', 'cyan')}  {id_}: {len(own)} events, {changed} changed")
        was, now = ("".join(_text_in(each[side]) for each in own) for side in ("before", "after"))
        if was != now:
            render.err_diff([f"- {was}", f"+ {now}"])
        for each in [each for each in own if each.get("error")][:1]:
            _show_error(each)


def _text_in(event: Json) -> str:
    """Read the piece of text in an event of a stream."""
    choices = event.get("choices") if isinstance(event, dict) else None
    delta = choices[0].get("delta") if choices and isinstance(choices[0], dict) else None
    return str(delta.get("content") or "") if isinstance(delta, dict) else ""


def _show_error(step: Json) -> None:
    if step.get("error"):
        render.err(f"  {_error_of(step['error'])}")


def _error_of(error: Json) -> str:
    place = f" (line {error['line']})" if error.get("line") else ""
    plugin = f" in {error['plugin']}" if error.get("plugin") else ""
    return f"{render.paint('error', 'red')}: {error['exception']}{plugin}{place}: {error['message']}"


def _asked_of(step: Json) -> str:
    before = step["before"] or {}
    tools = [each["function"]["name"] for each in before.get("tools") or []]
    given = f", tools: {', '.join(tools)}" if tools else ""
    count = len(before.get("messages") or [])
    return f": {count} message{'' if count == 1 else 's'}{given}"


def _call_of(step: Json) -> str:
    arguments = json.dumps(step["arguments"], ensure_ascii=False)
    return f": {step['name']} {arguments}\n  {render.paint('reads', 'cyan')} {step['result']}"


#: what is shown of a step beside its name
_SHOWN: dict[str, Callable[[Json], str]] = {
    "model": _asked_of,
    "pipe": _asked_of,
    "tool": _call_of,
    "left out": lambda step: f": {step['result']}",
}
