"""What is known of a plugin once it was loaded, and the Protocol of whoever loads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cochat_devkit.resource import Json

PluginKind = Literal["tool", "function"]
#: the generation of servers whose answer is asked for
Generation = Literal["0.12", "0.6"]


@dataclass(frozen=True)
class LoadRequest:
    """Ask for one plugin to be loaded.

    `source` is the text as written; the loader rewrites imports as the server does. `path` is where the text stands,
    for tracebacks and breakpoints; None for a text that came over the wire. `stands_in` lets something that takes
    everything stand in for packages that are not installed: enough to describe a plugin, and no more.
    """

    kind: PluginKind
    id: str
    source: str
    path: Path | None = None
    generation: Generation = "0.12"
    stands_in: bool = False


@dataclass(frozen=True)
class LoadFailure:
    """Say why a plugin did not load.

    `exception` is the class's name ("SyntaxError", "ModuleNotFoundError", "TimedOut", "Crashed", "NoEntryClass");
    `message` is what `str()` gives, as the server would show it; `line` is the line in the plugin, None when the
    failure has none; `missing_module` names the module that an import did not find, and `lacking_module` the one in
    which it did not find a name. `plugin` is the id of the one that failed, where several were asked for.
    """

    exception: str
    message: str
    line: int | None = None
    missing_module: str | None = None
    lacking_module: str | None = None
    plugin: str | None = None

    @property
    def is_only_here(self) -> bool:
        """Tell whether a package is merely not installed here; of the server's own modules we know which there are."""
        return self.missing_module is not None and self.missing_module.partition(".")[0] != "open_webui"


@dataclass(frozen=True)
class Hook:
    """Say how one method is called: its parameters by name, and whether it is a coroutine or yields.

    A hook that is no method (`pipes` may be a list) is not callable.
    """

    parameters: tuple[str, ...] = ()
    is_callable: bool = True
    is_async: bool = False
    yields: bool = False


@dataclass(frozen=True)
class PluginFacts:
    """Say what the server would know of a plugin after loading it.

    `type` is "tool", "pipe", "filter", "action" or "event". `specs` are the stored tool specs, and `model_specs` what
    the model is given in a chat; empty for functions. `hooks` are the methods that the server calls, by name: those of
    a tool, or of a function ("inlet", "outlet", "stream", "pipe", "action", …). `valves` and `user_valves` are JSON
    schemas, None without the class. `priority` is that of a filter or action whose valves nobody saved, None for
    others. `icon` is what a function says of its own. `stood_in` names the packages that were not installed and that
    something stood in for.
    """

    type: str
    frontmatter: dict[str, str]
    specs: list[Json] = field(default_factory=list)
    model_specs: list[Json] = field(default_factory=list)
    hooks: dict[str, Hook] = field(default_factory=dict)
    has_user_valves: bool = False
    valves: Json = None
    user_valves: Json = None
    toggle: bool = False
    priority: float | None = None
    icon: Json = None
    stood_in: tuple[str, ...] = ()
    #: what the plugin printed while it loaded, cut at 10,000 characters
    output: str = ""

    @property
    def handlers(self) -> tuple[str, ...]:
        """Name the hooks that a function has."""
        return () if self.type == "tool" else tuple(self.hooks)


@dataclass(frozen=True)
class PluginOffer:
    """Say what a function offers to the list of models at this moment.

    `models` are those of a pipe, each with `id` and `name`; None where the pipe itself is the one model. `actions` are
    the buttons of an action as it names them; None where it is one itself. `icon` is what the plugin says of its own.
    """

    models: list[Json] | None = None
    actions: list[Json] | None = None
    icon: Json = None
    #: people can switch the filter on and off
    toggle: bool = False
    #: where an action stands among others
    priority: float = 0


@dataclass(frozen=True)
class Call:
    """Ask for one method of a tool to be called as a model would have it called, or for one hook of a function.

    `words` are the arguments as text, by name; what is not to be text is read as JSON. A hook has its payload there, as
    `body` or `event`, or `text` for the message in it; `id` is the button of an action. `role` is who calls, "user" or
    "admin". `valves` and `user_valves` are what is saved. `replies` are the answers of a page to event calls, by type;
    without one the page is closed.
    """

    method: str
    words: Mapping[str, str]
    role: str = "user"
    valves: Json = field(default_factory=dict)
    user_valves: Json = field(default_factory=dict)
    replies: Json = field(default_factory=dict)


@dataclass(frozen=True)
class CallResult:
    """Say what a call came to.

    `text` is what the model reads, None where it gets nothing; of a hook, what it returned, and then `value` is that as
    JSON, and `before` the payload that it was given. `files` and `embeds` go to the page; `events` are what the plugin
    emitted and asked, in order, each with `type` and `data`, those asked with `answer`. `error` is the exception that
    the text stands for. `ms` is the time of the call alone.
    """

    text: str | None
    files: list[Json] = field(default_factory=list)
    embeds: list[str] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    error: LoadFailure | None = None
    ms: float = 0.0
    value: Json = None
    before: Json = None
    #: what the plugin printed, cut at 10,000 characters
    output: str = ""


@dataclass(frozen=True)
class Part:
    """One plugin that takes part in a turn of a chat, and what is saved as its valves and as those of who asks."""

    request: LoadRequest
    valves: Json = field(default_factory=dict)
    user_valves: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Turn:
    """Ask for one whole turn of a chat: from what a person wrote to what the person reads.

    `path` says who asks: "page" is a browser with a chat that is saved, "api" a plain call of the server's API. `model`
    is a model's id, that of a pipe among the parts, or of one of its models ("pipe_id.sub"). `parts` are the tools,
    filters and pipes; filters with a toggle run where `enabled` has their id. `messages` and `body` are what is asked:
    `body` has whatever else of the request ("stream", "params", "files", "features", …). `agent` is the workspace model
    that stands before `model`, as the server has it: `id`, `name`, `params` with its system prompt, `meta`.

    `script` is what the scripted model answers, in order, each `{"text": …}`, `{"pieces": [text, …]}` for a text that
    is streamed in pieces, `{"calls": [{"name": …, "arguments": {…}}]}`, where arguments may be a text that is said as
    it stands, or `{"status": …, "body": …}` for a model that refuses; and beyond its end the last thing that it was
    told. Where tools are prompted for and not native, a step with calls, or a text that is a JSON object, answers that
    prompt, and any other stays for the answer itself. `endpoint` is the base URL of an OpenAI-compatible model that
    answers in its stead.
    `role` and `replies` are as in `Call`; on the "api" path no page answers. `action` is a button, "id" or "id.sub",
    that is pressed under the answer's place instead of a question being asked; what it returns is the result's `body`.
    """

    messages: list[Json]
    parts: tuple[Part, ...] = ()
    model: str = "scripted"
    path: Literal["page", "api"] = "page"
    body: Json = field(default_factory=dict)
    enabled: tuple[str, ...] = ()
    script: tuple[Json, ...] = ()
    endpoint: str | None = None
    role: str = "user"
    replies: Json = field(default_factory=dict)
    agent: Json = None
    action: str | None = None


@dataclass(frozen=True)
class TurnResult:
    """Say what a turn came to.

    `text` is what the person reads; None where there is no answer at all. `chunks` are the events of the stream in
    order, as they left the filters, parsed where they are JSON; empty where nothing was streamed, and then `body` is
    the answer. `messages` are those of the chat at its end, with what was kept beside their text (files, embeds,
    sources, statusHistory, output, error). `events` are those that plugins and the server sent to the page, and what
    the page was asked, with `answer`. `requests` are the payloads that the model or the pipe was given, one a round.

    `trace` has a step for each thing that happened, in order. Each has `step` ("inlet", "request", "model", "pipe",
    "tool", "stream", "outlet", "left out"), `id`, and `before` and `after`, or `arguments` and `result`; one that
    raised has `error`. `error` is what ended the turn.
    """

    text: str | None
    chunks: list[Json] = field(default_factory=list)
    body: Json = None
    messages: list[Json] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    requests: list[Json] = field(default_factory=list)
    trace: list[Json] = field(default_factory=list)
    error: LoadFailure | None = None
    ms: float = 0.0
    #: what the plugins printed, cut at 10,000 characters
    output: str = ""


class PluginLoader(Protocol):
    """Load plugins outside our own process, with the server's own result."""

    def load(self, request: LoadRequest) -> PluginFacts | LoadFailure:
        """Load one plugin; a failure of any sort is an answer, not an exception."""
        ...

    def check_valves(self, request: LoadRequest, values: Json, *, user: bool = False) -> Json | LoadFailure:
        """Pass values through the plugin's Valves class; what was set, nulls and unknown keys dropped."""
        ...

    def find_offer(self, request: LoadRequest, valves: Json) -> PluginOffer | LoadFailure:
        """Load a function, give it these valves, and ask what it offers to the list of models."""
        ...

    def call(self, request: LoadRequest, call: Call, *, timeout_s: float) -> CallResult | LoadFailure:
        """Load a plugin and call one of its methods."""
        ...

    def chat(self, turn: Turn, generation: Generation, *, timeout_s: float) -> TurnResult | LoadFailure:
        """Load the parts of a turn of a chat into one process and run it; a part that does not load is the answer."""
        ...

    def close(self) -> None:
        """End the child process."""
        ...
