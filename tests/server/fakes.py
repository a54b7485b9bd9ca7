"""What the server's tests stand on: a loader that runs nothing, a clock that stands still, and a server to ask."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from cochat_devkit.kinds.dialects import dialect_named
from cochat_devkit.kinds.plugin_source import parse_frontmatter
from cochat_devkit.plugin import LoadFailure, LoadRequest, PluginFacts, PluginOffer
from cochat_devkit.server.app import make_app, make_collections, make_context
from cochat_devkit.server.running import listening
from cochat_devkit.server.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cochat_devkit.kinds import Kind
    from cochat_devkit.server.collection import Collection
    from cochat_devkit.server.context import ServerContext

TOOL = "class Tools:\n    def say(self):\n        return 1\n"
FILTER = "class Filter:\n    def inlet(self, body):\n        return body\n"
VALVES = {"properties": {"count": {"type": "integer"}}, "type": "object"}


@dataclass
class FakeLoader:
    """Tell facts by looking at the text: `class Pipe`, `Valves`, `toggle`; a source with `broken` does not load."""

    requests: list[LoadRequest] = field(default_factory=list)
    is_closed: bool = False

    def load(self, request: LoadRequest) -> PluginFacts | LoadFailure:
        self.requests.append(request)
        found = re.search(r"^class (Tools|Pipe|Filter|Action)\b", request.source, re.MULTILINE)
        if "broken" in request.source or found is None:
            return LoadFailure("SyntaxError", "invalid syntax (<string>, line 1)", line=1)
        type_ = "tool" if found[1] == "Tools" else found[1].lower()
        return PluginFacts(
            type=type_,
            frontmatter=parse_frontmatter(request.source),
            specs=[{"name": "say"}] if type_ == "tool" else [],
            has_user_valves="UserValves" in request.source,
            valves=VALVES if " Valves" in request.source else None,
            user_valves=VALVES if "UserValves" in request.source else None,
            toggle=type_ == "filter" and "toggle" in request.source,
        )

    def check_valves(self, request: LoadRequest, values: Any, *, user: bool = False) -> Any:
        self.requests.append(request)
        if "bad" in values.values():
            title = "UserValves" if user else "Valves"
            text = f"1 validation error for {title}\ncount\n  Input should be a number [type=int_type, input_value=0]"
            return LoadFailure("ValidationError", text)
        return {key: value for key, value in values.items() if value is not None}

    def find_offer(self, request: LoadRequest, valves: Any) -> PluginOffer | LoadFailure:  # noqa: ARG002
        self.requests.append(request)
        return PluginOffer(models=[{"id": "one", "name": "One"}] if "def pipes" in request.source else None)

    def close(self) -> None:
        self.is_closed = True


@dataclass
class Clock:
    """Tell the time that a test set."""

    now: int = 1_800_000_000

    def __call__(self) -> int:
        return self.now


@dataclass(frozen=True)
class Stage:
    """One running server with its parts, and clients for an administrator and an ordinary user."""

    context: ServerContext
    collections: dict[str, Collection]
    loader: FakeLoader
    clock: Clock
    url: str
    admin: httpx.Client
    user: httpx.Client


@contextmanager
def staged(
    flavor: str,
    *,
    kinds: Iterable[Kind] | None = None,
    store: Store | None = None,
    more_writes: Iterable[str] = (),
) -> Iterator[Stage]:
    """Run a server of a flavor, with the fakes behind it."""
    loader, clock = FakeLoader(), Clock()
    context = make_context(dialect_named(flavor), loader, store or Store(), clock=clock, more_writes=more_writes)
    collections = make_collections(context, kinds)
    with ExitStack() as ends:
        listener = ends.enter_context(listening(make_app(context, collections), host="127.0.0.1", port=0))

        def sign_in(name: str, role: str) -> httpx.Client:
            email = f"{name}@localhost"
            known = next((each for each in context.people.users() if each.email == email), None)
            user = known or context.people.add(name=name, email=email, password="secret word", role=role)
            token, _ = context.people.make_session(user)
            headers = {"Authorization": f"Bearer {token}"}
            return ends.enter_context(httpx.Client(base_url=listener.url, headers=headers, trust_env=False))

        yield Stage(
            context, collections, loader, clock, listener.url, sign_in("admin", "admin"), sign_in("user", "user")
        )


def read(answer: httpx.Response) -> Any:
    """Read the JSON of a success."""
    assert answer.status_code == 200, f"{answer.status_code} {answer.text[:300]}"
    assert answer.headers["content-type"] == "application/json", answer.text[:200]
    return answer.json()


def told(answer: httpx.Response) -> tuple[int, Any]:
    """Read a refusal."""
    return answer.status_code, answer.json()["detail"]
