"""The words of the test kit: what each fixture of the pytest plugin is and gives, to annotate tests with."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from cochat_devkit.plugin import TurnResult
    from cochat_devkit.resource import Json

Given = TypeVar("Given")


@dataclass(frozen=True)
class LoadedPlugin:
    """Hold a plugin as the server would have it.

    `instance` is the one object that all users share; `kind` is "tool", "filter", "pipe", "action" or "event"; `specs`
    are the stored specs of a tool's methods, by method, and `model_specs` what a model is given of them.
    """

    id: str
    kind: str
    instance: Any
    path: Path
    frontmatter: dict[str, str] = field(default_factory=dict)
    specs: dict[str, Json] = field(default_factory=dict)
    model_specs: dict[str, Json] = field(default_factory=dict)

    @property
    def valves(self) -> Any:
        """Show the valves that the plugin reads now; None where it has none.

        What a test sets here is what an admin has saved: it is there for every call from then on.
        """
        return getattr(self.instance, "valves", None)


@dataclass(frozen=True)
class User:
    """Hold who calls. `valves` are what this person has saved as their own, for whatever plugin is called."""

    id: str
    name: str
    email: str
    role: str = "user"
    valves: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class ToolAnswer:
    """Say what a call of a tool came to.

    `text` is what the model reads; `files` and `embeds` go to the page; `events` are what the plugin emitted and asked
    during this call. `error` is what the method raised, which the model reads as a text.
    """

    text: str | None
    returned: Any = None
    files: list[Json] = field(default_factory=list)
    embeds: list[str] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    error: Exception | None = None
    ms: float = 0.0

    @property
    def value(self) -> Any:
        """Give what the method returned.

        Raises:
            Exception: what the method raised.
        """
        if self.error is not None:
            raise self.error
        return self.returned


@dataclass(frozen=True)
class FilterAnswer:
    """Say what a hook of a filter came to: the body, or the event of a stream, that goes on from there."""

    body: Any
    events: list[Json] = field(default_factory=list)
    ms: float = 0.0


@dataclass(frozen=True)
class PipeAnswer:
    """Say what a pipe came to.

    `text` is what people read. `chunks` are the events of the stream, parsed where they are JSON; `body` is the answer
    where nothing was streamed. `error` is what the pipe raised, which the server tells in their stead.
    """

    text: str
    chunks: list[Json] = field(default_factory=list)
    body: Json = None
    events: list[Json] = field(default_factory=list)
    error: Exception | None = None
    ms: float = 0.0


@dataclass(frozen=True)
class ActionAnswer:
    """Say what the button of an action came to: what goes back to the page, and what it shows."""

    value: Any
    embeds: list[str] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    ms: float = 0.0


@dataclass(frozen=True)
class HttpRequest:
    """Hold a request that a plugin sent, as it sent it; the names of headers are in lower case.

    What may hold a secret is not in its `repr`, which pytest shows of a test that fails.
    """

    method: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def json(self) -> Json:
        """Read its body."""
        return json.loads(self.body)


class LoadPlugin(Protocol):
    """Load the plugin in a file; a relative path starts at the workspace."""

    def __call__(self, path: str | Path, *, valves: Mapping[str, Json] | None = None) -> LoadedPlugin:
        """Load it, with what is saved as its valves; whatever the plugin raises goes through."""
        ...


class CallTool(Protocol):
    """Call a method of the tool that was loaded last, or else of `plugin`, as the server does for a model."""

    def __call__(self, name: str, /, **arguments: Json) -> ToolAnswer:
        """Call it; what it raises is in the answer, as the server tells it to the model."""
        ...

    async def awaited(self, name: str, /, **arguments: Json) -> ToolAnswer:
        """Call it from a test that is asynchronous itself."""
        ...


class RunFilter(Protocol):
    """Run one hook of the filter that was loaded last, or else of `plugin`."""

    def __call__(self, hook: str, body: Json, **more: Json) -> FilterAnswer:
        """Run "inlet", "outlet", "stream" or "request"; `more` replaces reserved arguments by name, as in `__model__`.

        Raises:
            Exception: what the hook raises.
        """
        ...

    async def awaited(self, hook: str, body: Json, **more: Json) -> FilterAnswer:
        """Run it from a test that is asynchronous itself."""
        ...


class RunPipe(Protocol):
    """Ask the pipe that was loaded last, or else `plugin`, for an answer."""

    def __call__(self, body: Json, *, stream: bool = True, **more: Json) -> PipeAnswer:
        """Ask it; an exception is in the answer, as the server tells it."""
        ...

    async def awaited(self, body: Json, *, stream: bool = True, **more: Json) -> PipeAnswer:
        """Ask it from a test that is asynchronous itself."""
        ...


class RunAction(Protocol):
    """Press the button of the action that was loaded last, or else of `plugin`."""

    def __call__(self, body: Json, *, id: str | None = None, **more: Json) -> ActionAnswer:  # noqa: A002
        """Press it; `id` is that of one of its `actions`.

        Raises:
            Exception: what the action raises.
        """
        ...

    async def awaited(self, body: Json, *, id: str | None = None, **more: Json) -> ActionAnswer:  # noqa: A002
        """Press it from a test that is asynchronous itself."""
        ...


class Chat(Protocol):
    """Hold one whole turn of a chat: from what a person wrote to what the person reads."""

    def __call__(
        self,
        text: str | Sequence[Json],
        *,
        model: str | LoadedPlugin | None = None,
        tools: Sequence[str | Path | LoadedPlugin] = (),
        filters: Sequence[str | Path | LoadedPlugin] = (),
        path: Literal["page", "api"] = "page",
        **body: Json,
    ) -> TurnResult:
        """Ask; `text` may be all messages, `model` a pipe or its id, and `body` has whatever else of the request.

        Where no plugin is named, the one that was loaded last takes part, or else `plugin`.
        """
        ...

    async def awaited(
        self,
        text: str | Sequence[Json],
        *,
        model: str | LoadedPlugin | None = None,
        tools: Sequence[str | Path | LoadedPlugin] = (),
        filters: Sequence[str | Path | LoadedPlugin] = (),
        path: Literal["page", "api"] = "page",
        **body: Json,
    ) -> TurnResult:
        """Ask from a test that is asynchronous itself."""
        ...


class Events(Protocol):
    """Hold the events of a test in order: what its plugins emitted and asked, the latter with `answer`."""

    @property
    def last(self) -> Json:
        """Give the last one.

        Raises:
            AssertionError: there is none.
        """
        ...

    def of(self, type_: str) -> list[Json]:
        """List those of a type."""
        ...

    def assert_sequence(self, expected: Sequence[str | Mapping[str, Json]]) -> None:
        """Fail unless the events were these and no others; each is a type, or a part of the event."""
        ...

    def clear(self) -> None:
        """Forget what there was."""
        ...

    def __iter__(self) -> Iterator[Json]:
        """Go through all of them."""
        ...

    def __len__(self) -> int:
        """Count them."""
        ...


class Ui(Protocol):
    """Be the page that answers event calls. Without a word from the test the page is closed.

    Of several answers each is given once, and the last from then on.
    """

    def confirm(self, *answers: bool) -> None:
        """Answer questions for a yes or no."""
        ...

    def input(self, *answers: str) -> None:
        """Answer questions for a text."""
        ...

    def execute(self, *results: Json) -> None:
        """Answer code that the page is to run, of whatever sort."""
        ...

    def reply(self, type_: str, *answers: Json) -> None:
        """Answer event calls of another type."""
        ...

    def disconnect(self) -> None:
        """Close the page."""
        ...

    def timeout(self) -> None:
        """Leave the page open and nobody before it."""
        ...


class AsUser(Protocol):
    """Say who calls from now on; an ordinary user does, unless this was said."""

    def __call__(
        self, *, role: str = "user", name: str | None = None, valves: Mapping[str, Json] | None = None
    ) -> User:
        """Become somebody else; `valves` are their own."""
        ...


class TwoUsers(Protocol):
    """Hold two ordinary users of one server, whose calls cross each other."""

    first: User
    second: User

    def interleave(self, call: Callable[[User], Awaitable[Given]]) -> tuple[Given, Given]:
        """Make the same call for both at once: at each step of one that waits, the other goes on."""
        ...

    def assert_nothing_leaks(self, call: Callable[[User], Awaitable[Any]]) -> None:
        """Fail where one of them is told something else because of the other, at once or one after the other."""
        ...


class Model(Protocol):
    """Be the model of a chat: it says what it was told to, in order, and then repeats what it is asked."""

    #: the payloads that it was given, one for each of its answers
    requests: list[Json]

    def says(self, text: str) -> None:
        """Answer with a text."""
        ...

    def calls(self, name: str, /, **arguments: Json) -> None:
        """Answer by calling a tool; what it says next is its answer to the result."""
        ...


class Http(Protocol):
    """Be the web: what was recorded is answered as it was, and nothing else is reached."""

    #: what was asked, in order
    requests: list[HttpRequest]

    @property
    def cassette(self) -> Path:
        """Name the file that has what was recorded."""
        ...

    def reply(
        self,
        url: str,
        *,
        json: Json = None,
        text: str | None = None,
        body: bytes = b"",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
    ) -> None:
        """Answer a request that was never recorded, each time that it comes."""
        ...


class ServerMemory(Protocol):
    """Hold what the played server knows: people, chats and the like, by table and id."""

    def rows(self, table: str) -> dict[str, dict[str, Any]]:
        """Give the rows of a table ("user", "chat", "file", …) by id, to read and to change."""
        ...

    def add_user(
        self,
        *,
        id: str,  # noqa: A002
        name: str = "User",
        email: str = "user@example.com",
        role: str = "user",
        **more: Json,
    ) -> None:
        """Let there be a person; `more` are further columns."""
        ...

    def add_chat(
        self,
        *,
        id: str,  # noqa: A002
        user_id: str,
        title: str = "New Chat",
        messages: list[Json] | None = None,
        **more: Json,
    ) -> None:
        """Let there be a chat with these messages, one after another."""
        ...

    def add_file(
        self,
        *,
        id: str,  # noqa: A002
        user_id: str,
        filename: str,
        path: str | None = None,
        **more: Json,
    ) -> None:
        """Let there be a file; `data={"content": …}` is its text."""
        ...

    def add_model(
        self,
        *,
        id: str,  # noqa: A002
        user_id: str,
        base_model_id: str | None = None,
        **more: Json,
    ) -> None:
        """Let there be a model that somebody made; `more` are its `name`, `params`, `meta`."""
        ...

    def add_memory(self, *, id: str, user_id: str, content: str, **more: Json) -> None:  # noqa: A002
        """Let a person have something that models remember of them."""
        ...

    def add_row(self, table: str, row: Mapping[str, Json]) -> None:
        """Let there be a row that has an `id`."""
        ...
