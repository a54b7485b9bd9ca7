"""
title: Fetch a URL
author: example by cochat-devkit
version: 0.1.0
description: Reads a public web page or text file, and refuses addresses inside your own network.
license: MIT
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from html.parser import HTMLParser

import httpx
from pydantic import BaseModel, Field

EventEmitter = Callable[[dict], Awaitable[None]]
#: networks that carry an IPv4 address inside: a way around the check of that address
_CARRIES_IPV4 = tuple(ipaddress.ip_network(each) for each in ("64:ff9b::/96", "2002::/16", "2001::/32"))
_READABLE = ("text/", "application/json", "application/xml", "application/xhtml+xml")


class Tools:
    """Let the model read the web, with limits: time, size, redirects, and no address of the server's own network."""

    class Valves(BaseModel):
        """What an admin may change in the settings of this tool."""

        timeout_s: float = Field(default=15, gt=0, description="seconds for the whole page, redirects included")
        max_bytes: int = Field(default=1_000_000, gt=0, description="how much of a page is read")
        max_redirects: int = Field(default=5, ge=0, description="how many redirects are followed")

    def __init__(self) -> None:
        self.valves = self.Valves()
        self.fetcher = Fetcher()

    async def fetch_url(
        self, url: str, max_characters: int = 8000, __event_emitter__: EventEmitter | None = None
    ) -> str:
        """
        Read a public web page or text file and return its text.

        :param url: the address, beginning with http:// or https://
        :param max_characters: how much of the text to return
        """
        await show_status(__event_emitter__, f"Reading {url}", done=False)
        try:
            page = await self.fetcher.fetch(url, self.valves)
        except (Refused, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            await show_status(__event_emitter__, "The page could not be read", done=True)
            return f"Could not read {url}: {error}"
        await show_status(__event_emitter__, f"Read {len(page)} characters", done=True)
        await cite(__event_emitter__, url, page[:max_characters])
        return page[:max_characters]


class Refused(Exception):
    """A request was not made, or its answer not read, and the message says why."""


class Fetcher:
    """Read pages over HTTP. A test hands in a `transport` and a `resolve` of its own."""

    def __init__(self) -> None:
        self.transport: httpx.AsyncBaseTransport | None = None
        self.resolve = resolve

    async def fetch(self, url: str, limits: Tools.Valves) -> str:
        """Read a page, with one time limit around everything."""
        try:
            async with asyncio.timeout(limits.timeout_s):
                return await self._follow(httpx.URL(url), limits)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise Refused(f"no answer within {limits.timeout_s:g} seconds") from error

    async def _follow(self, url: httpx.URL, limits: Tools.Valves) -> str:
        """Follow redirects by hand, so that each address on the way is checked."""
        # trust_env: a proxy from the environment would make the request for us, unchecked
        async with httpx.AsyncClient(transport=self.transport, timeout=limits.timeout_s, trust_env=False) as client:
            for _ in range(limits.max_redirects + 1):
                async with await self._open(client, url) as response:
                    if response.has_redirect_location:
                        url = url.join(response.headers["location"])
                        continue
                    return await read_text(response, limits.max_bytes)
        raise Refused(f"more than {limits.max_redirects} redirects")

    async def _open(self, client: httpx.AsyncClient, url: httpx.URL) -> "Opened":
        """Connect to the very address that was checked: asked again, the name might answer with another one."""
        if url.scheme not in {"http", "https"} or not url.host:
            raise Refused("only http:// and https:// addresses can be read")
        host = url.raw_host.decode("ascii")
        addresses = await self.resolve(host)
        if not addresses or not all(map(is_public, addresses)):
            raise Refused(f"{host} is not a public address")
        request = client.build_request(
            "GET",
            url.copy_with(host=addresses[0]),
            headers={"Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity"},
            extensions={"sni_hostname": host},
        )
        return Opened(client, request)


class Opened:
    """Hold an answer open while it is read."""

    def __init__(self, client: httpx.AsyncClient, request: httpx.Request) -> None:
        self._client, self._request = client, request

    async def __aenter__(self) -> httpx.Response:
        self._response = await self._client.send(self._request, stream=True)
        return self._response

    async def __aexit__(self, *_: object) -> None:
        await self._response.aclose()


async def resolve(host: str) -> list[str]:
    """Ask the system for all addresses of a host."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refused(f"there is no host named {host}") from error
    return [str(address[4][0]) for address in found]


def is_public(address: str) -> bool:
    """Tell whether an address belongs to the public internet."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    carries = parsed.version == 6 and any(parsed in network for network in _CARRIES_IPV4)
    return parsed.is_global and not parsed.is_multicast and not carries


async def read_text(response: httpx.Response, max_bytes: int) -> str:
    """Read an answer up to a size; HTML becomes plain text."""
    if response.is_error:
        raise Refused(f"the server answered {response.status_code} {response.reason_phrase}")
    media_type = response.headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
    if not media_type.startswith(_READABLE):
        raise Refused(f"{media_type} is not text")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Refused("the answer is compressed, so its size cannot be limited")
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) >= max_bytes:
            break
    text = content[:max_bytes].decode(response.charset_encoding or "utf-8", "replace")
    return to_plain_text(text) if "html" in media_type else text


def to_plain_text(html: str) -> str:
    """Take the text out of a page, one line for each block."""
    reader = TextReader()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).splitlines())
    return "\n".join(line for line in lines if line)


class TextReader(HTMLParser):
    """Gather the text between the tags, without scripts and styles."""

    HIDDEN = frozenset({"script", "style", "noscript", "template", "svg"})
    INLINE = frozenset({"a", "abbr", "b", "code", "em", "i", "mark", "small", "span", "strong", "sub", "sup", "u"})

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.hidden_depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """Begin a new line at a block."""
        self.hidden_depth += tag in self.HIDDEN
        if tag not in self.INLINE:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End the line with its block."""
        self.hidden_depth = max(0, self.hidden_depth - (tag in self.HIDDEN))
        if tag not in self.INLINE:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep what people would see."""
        if not self.hidden_depth:
            self.pieces.append(data)


async def show_status(emit: EventEmitter | None, description: str, *, done: bool) -> None:
    """Show a line above the answer; the last one must be done, or it spins for ever."""
    if emit is not None:
        await emit({"type": "status", "data": {"description": description, "done": done}})


async def cite(emit: EventEmitter | None, url: str, text: str) -> None:
    """Show the page as a source below the answer."""
    if emit is not None:
        source = {"name": url, "url": url}
        await emit({"type": "citation", "data": {"document": [text], "metadata": [{"source": url}], "source": source}})
