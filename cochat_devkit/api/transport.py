"""The one road to a server: base URL, token, time-outs, retries and the shared gate."""

from __future__ import annotations

import http.cookiejar
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import httpx

from cochat_devkit import __version__
from cochat_devkit.api.ahead import Ahead
from cochat_devkit.api.connections import watch_connections
from cochat_devkit.api.gate import MOST_AT_ONCE, Gate, Passage, Wait, gate_of
from cochat_devkit.api.replies import make_error, read_json, read_json_stream
from cochat_devkit.errors import RateLimited, Unreachable, UsageError
from cochat_devkit.events import Emit, Waiting, ignore
from cochat_devkit.interrupts import call_off, held, result_of
from cochat_devkit.redaction import remember_secret
from cochat_devkit.resource import EMPTY, Json
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType
    from typing import Self

#: makes something of an answer while it arrives
_Read = Callable[[httpx.Response], Json]
_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")

#: connecting takes long only where nobody listens; an export of thousands of plugins may take its time
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
#: threads that fetch at once; the gate may let fewer through
CONCURRENCY = MOST_AT_ONCE
#: how long we wait for one request in all, when a server asks for patience
PATIENCE_S = 600.0
#: how often a reading request is sent again when the connection broke
READ_TRIES = 3


class Upload(NamedTuple):
    """Hold a file to be sent as a form."""

    name: str
    content: bytes
    #: further fields of the form
    fields: Mapping[str, str] = EMPTY


class Fetching(Iterator[_Answer]):
    """Answers that are on their way, in the order in which they were asked for."""

    def __init__(
        self,
        pool: ThreadPoolExecutor,
        under_way: Iterable[Future[_Answer]],
        give_up: Callable[[], None],
        give_back: Callable[[ThreadPoolExecutor], None],
    ) -> None:
        self._pool: ThreadPoolExecutor | None = pool
        self._under_way = deque(under_way)
        self._give_up = give_up
        self._give_back = give_back

    def __next__(self) -> _Answer:
        if not self._under_way:
            raise StopIteration
        found = result_of(self._under_way[0])
        self._under_way.popleft()
        return found

    def close(self) -> None:
        """Let go of the threads. What nobody took is not wanted: who still waits for the server's patience gives up."""
        with held():
            if self._under_way:
                self._give_up()
            call_off(self._under_way)
            if self._pool is not None:
                self._give_back(self._pool)
            self._pool = None


class Transport:
    """Send requests to one server; safe to use from several threads. `url` has no slash at its end."""

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        emit: Emit = ignore,
        gate: Gate | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.url = url
        self.request_count = 0
        self._emit = emit
        self._gate = gate or gate_of(url)
        self._patience_s = patience_s
        self._count_lock = threading.Lock()
        self._ahead: Ahead | None = None
        #: threads that nobody uses now: it takes longer to start one than to ask
        self._idle: list[ThreadPoolExecutor] = []
        headers = {"accept": "application/json", "user-agent": f"cochat-devkit/{__version__}"}
        if token:
            remember_secret(token)
            if not token.isascii() or not token.isprintable() or " " in token:
                raise UsageError(
                    f"the token for {url} has characters that no token has", hint="paste it again: cochat login --token"
                )
            headers["authorization"] = f"Bearer {token}"
        try:
            self._client = httpx.Client(
                base_url=self.url,
                headers=headers,
                timeout=TIMEOUT,
                limits=httpx.Limits(max_connections=CONCURRENCY, max_keepalive_connections=CONCURRENCY),
                follow_redirects=False,
                # certificates are read for 30 ms; an address without TLS has none to check
                verify=urlsplit(url).scheme != "http",
            )
        except httpx.InvalidURL as error:
            raise UsageError(
                f"this is no address of a server: {url}", hint="check the url of the target in cochat.toml"
            ) from error
        watch_connections(self._client)
        # a cookie from sign-in would outlive a changed token and answer for somebody else
        self._client.cookies.jar.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        with held():
            self._leave_ahead()
            while self._idle:
                self._idle.pop().shutdown()
            self._client.close()

    def send(self, method: str, path: str, what: str, *, body: Json = None, is_read: bool = False) -> Json:
        """Send one request and take its JSON. `what` names the request in errors.

        `is_read` says that it changes nothing, whatever its method: it may go again where no answer was heard.

        Raises:
            RemoteError: no answer, a refusal, or an answer that is not JSON.
        """
        return read_json(self._send_patiently(method, path, what, body, is_read=is_read)[0], what)

    def fetch_list(self, path: str, what: str, take: Callable[[Json], object]) -> Json:
        """Read JSON while it arrives: of a list, the answers of `take` to its items; anything else as it is.

        `take` may be given an item again, where the connection broke and the request was sent once more.

        Raises:
            RemoteError: no answer, a refusal, or an answer that is not JSON.
        """
        return self._send_patiently("GET", path, what, None, read=lambda each: read_json_stream(each, what, take))[1]

    def fetch_bytes(self, path: str, what: str) -> bytes:
        """Read what is no JSON: the bytes of a file.

        Raises:
            RemoteError: no answer, or a refusal.
        """
        response, _ = self._send_patiently("GET", path, what, None)
        if not response.is_success:
            raise make_error(response, what)
        return response.content

    def send_raw(self, method: str, path: str, what: str) -> httpx.Response:
        """Send one request and take the answer as it is, refusals included.

        Raises:
            Unreachable: no answer.
            RateLimited: the server asks for more patience than we have.
        """
        return self._send_patiently(method, path, what, None)[0]

    def fetch_all(self, fetch: Callable[[_Asked], _Answer], asked: Iterable[_Asked]) -> Iterator[_Answer]:
        """Fetch some at a time, in threads, and yield the answers in order.

        When one fails, or we are interrupted, those that still wait for the server's patience give up at once.
        """
        with closing(self.begin_all(fetch, asked)) as fetching:
            yield from fetching

    def begin_all(self, fetch: Callable[[_Asked], _Answer], asked: Iterable[_Asked]) -> Fetching[_Answer]:
        """Do as `fetch_all`, and begin at once: the answers come while something else is done. To be closed."""
        with held():
            pool = self._idle.pop() if self._idle else ThreadPoolExecutor(CONCURRENCY)
            return Fetching(pool, [pool.submit(fetch, each) for each in asked], self._gate.give_up, self._idle.append)

    def ask_ahead(self, paths: Iterable[str]) -> None:
        """Have the server begin what the next block of `asking_ahead` goes on with."""
        self._ahead = Ahead(self._open_early, paths)

    @contextmanager
    def asking_ahead(self, paths: Iterable[str]) -> Iterator[None]:
        """While the block runs, have the server work on answers before they are asked for; `paths` in their order.

        Each is one request all the same. What cannot be had at once, patience included, is asked for in its turn.
        """
        if self._ahead is None:
            self.ask_ahead(paths)
        try:
            yield
        finally:
            with held():
                self._leave_ahead()

    def _leave_ahead(self) -> None:
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.close()

    def _open_early(self, path: str) -> httpx.Response | None:
        passage = self._gate.try_enter()
        if passage is None:
            return None
        try:
            self._count()
            response = self._client.send(self._client.build_request("GET", path), stream=True)
            wait = self._take_note(passage, response)
        except (httpx.HTTPError, RuntimeError):
            # the latter where the transport was closed meanwhile
            return None
        finally:
            self._gate.leave()
        if wait is None:
            return response
        response.close()
        self._tell(wait, response)
        return None

    def _take_early(self, method: str, path: str, read: _Read | None) -> tuple[httpx.Response, Json] | None:
        """Take what was asked before its turn: the answer, and what `read` made of it; None: ask in turn."""
        response = self._ahead.take(path) if self._ahead and method == "GET" else None
        if response is None:
            return None
        try:
            with closing(response):
                if read is not None:
                    return response, read(response)
                response.read()
                return response, None
        except httpx.HTTPError:
            return None

    def _send_patiently(
        self, method: str, path: str, what: str, body: Json, *, read: _Read | None = None, is_read: bool = False
    ) -> tuple[httpx.Response, Json]:
        """Send until the server has no wish to wait: the answer, and what `read` made of it while it arrived."""
        # the client takes locks all along, and is interrupted only where it waits for the network
        with held():
            early = self._take_early(method, path, read)
            return early or self._send_in_turn(method, path, what, body, read, may_repeat=is_read or method == "GET")

    def _send_in_turn(
        self, method: str, path: str, what: str, body: Json, read: _Read | None, *, may_repeat: bool
    ) -> tuple[httpx.Response, Json]:
        patience_s, since = self._patience_s, self._gate.given_up
        while True:
            passage = self._gate.enter(patience_s, since=since)
            if passage is None:
                raise RateLimited(f"{what}: the server asks for more patience than we have", hint="try again later")
            patience_s -= passage.waited_s
            try:
                response, found = self._send_once(method, path, what, body, read, READ_TRIES if may_repeat else 1)
                # told before the place is free: whoever takes it knows of the refusal
                wait = self._take_note(passage, response)
            finally:
                self._gate.leave()
            # 429 was not carried out; 503 is sure only for reading
            if wait is None or not (may_repeat or response.status_code == _NOT_CARRIED_OUT):
                return response, found
            if wait.seconds > patience_s:
                asked = f"answers {response.status_code} and asks for {wait.seconds:.0f} seconds of patience"
                raise RateLimited(f"{what}: the server {asked}", hint="try again later")
            self._tell(wait, response)

    def _take_note(self, passage: Passage, response: httpx.Response) -> Wait | None:
        """Tell the gate how it went: the wait that the server asked for, None where it asked for none."""
        if response.status_code not in _ASKS_FOR_PATIENCE:
            self._gate.note_success(passage)
            return None
        headers = response.headers
        return self._gate.close(passage, headers.get("retry-after"), date=headers.get("date"))

    def _tell(self, wait: Wait, response: httpx.Response) -> None:
        if wait.is_news:
            self._emit(Waiting(f"{urlsplit(self.url).netloc} answered {response.status_code}", wait.seconds))

    def _send_once(
        self, method: str, path: str, what: str, body: Json, read: _Read | None, tries: int
    ) -> tuple[httpx.Response, Json]:
        for left in reversed(range(tries)):
            self._count()
            try:
                if read is not None:
                    with self._client.stream(method, path) as response:
                        if response.status_code not in _ASKS_FOR_PATIENCE:
                            return response, read(response)
                        response.read()
                        return response, None
                if isinstance(body, Upload):
                    files = {"file": (body.name, body.content)}
                    return self._client.request(method, path, files=files, data=body.fields), None
                return self._client.request(method, path, **({} if body is None else {"json": body})), None
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, UnicodeError) as error:
                # a host that no name server could be asked for is a UnicodeError of Python's own
                raise self._unreachable(what, "nobody answers there", error) from error
            except httpx.HTTPError as error:
                if not left:
                    fault = "no answer in time" if isinstance(error, httpx.TimeoutException) else "the connection broke"
                    raise self._unreachable(what, fault, error) from error
        raise AssertionError("unreachable: the last try returns or raises")

    def _count(self) -> None:
        with self._count_lock:
            self.request_count += 1

    def _unreachable(self, what: str, fault: str, error: Exception) -> Unreachable:
        return Unreachable(
            f"{what}: {fault}: {self.url} ({type(error).__name__})",
            hint="check the url of the target in cochat.toml, and that the server is up",
        )


_NOT_CARRIED_OUT = 429
_ASKS_FOR_PATIENCE = (_NOT_CARRIED_OUT, 503)
