"""HTTP of a test, recorded once and replayed from then on, with secrets masked before anything is written.

`vcr` does the recording and replaying for httpx, aiohttp and requests; the masks and the rules are ours.
"""

from __future__ import annotations

import hashlib
import json as json_
import logging
import os
import re
from collections.abc import Iterable
from contextlib import contextmanager
from http.client import responses
from typing import TYPE_CHECKING, Any, NoReturn

import vcr
from vcr.persisters.filesystem import FilesystemPersister
from vcr.request import Request

from cochat_devkit.kit import HttpRequest
from cochat_devkit.runtime.environment import secrets_in
from cochat_devkit.runtime.kit.masking import mask_body, mask_headers, mask_text, mask_url
from cochat_devkit.runtime.kit.secrets import secrets_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.kit.stage import Stage

_MATCHED = ("method", "scheme", "host", "port", "path", "query")
#: what is written for others to read may be masked too much; with fewer letters nothing would be left
_SHORTEST = 3
_NOT_IN_A_NAME = re.compile(r"[^\w.\[\]-]+")
_LONGEST = 100


def cassette_of(test_file: Path, test_name: str) -> Path:
    """Name the file of a test's recording, beside the test; what no file can be called has a hash in its stead."""
    name = _NOT_IN_A_NAME.sub("-", test_name)[:_LONGEST]
    if name != test_name:
        name = f"{name}-{hashlib.sha256(test_name.encode()).hexdigest()[:8]}"
    return test_file.parent / "cassettes" / test_file.stem / f"{name}.yaml"


class Http:
    """Answer from a cassette, or record one; requests for which there is no answer fail the test."""

    def __init__(self, stage: Stage, cassette: Path, *, records: bool) -> None:
        self._stage = stage
        self._records = records
        self._replies: list[tuple[str, str, Json]] = []
        self.cassette = cassette
        self.requests: list[HttpRequest] = []

    @contextmanager
    def standing(self) -> Iterator[Http]:
        """Stand between the plugin and the web."""
        recorder = vcr.VCR(
            record_mode=vcr.mode.ALL if self._records else vcr.mode.NONE,
            before_record_request=self._masked_request,
            before_record_response=self._masked_response,
            decode_compressed_response=True,
            match_on=_MATCHED,
        )
        self._stage.network_is_open = self._records
        if self._records:
            self.cassette.unlink(missing_ok=True)
        # it logs requests as they are
        log = logging.getLogger("vcr")
        level = log.level
        log.setLevel(logging.WARNING)
        try:
            with recorder.use_cassette(str(self.cassette), persister=_Persister(self)) as cassette:
                self._listen(cassette)
                yield self
        finally:
            log.setLevel(level)
            self._stage.network_is_open = False

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
        sent = {"content-type": "text/plain; charset=utf-8", **(headers or {})}
        if json is not None:
            body, sent = json_.dumps(json).encode(), {**sent, "content-type": "application/json", **(headers or {})}
        elif text is not None:
            body = text.encode()
        response = {
            "status": {"code": status, "message": responses.get(status, "")},
            "headers": {name: [value] for name, value in sent.items()},
            "body": {"string": body},
        }
        self._replies.append((method.upper(), url, response))

    def secrets(self) -> set[str]:
        """Gather all that must not be written: secret valves, and what the environment has under a secret's name."""
        valves = self._stage.user.valves
        found = [secrets_of(each.instance, valves, shortest=_SHORTEST) for each in self._stage.plugins]
        return {*(text for each in found for _name, text in each), *secrets_in(os.environ)}

    def _listen(self, cassette: Any) -> None:
        """Put replies before what was recorded, and notice what is asked and what has no answer."""
        can_play, play, append = cassette.can_play_response_for, cassette.play_response, cassette.append

        def can_play_response_for(request: Any) -> bool:
            found = self._reply_to(request) is not None or can_play(request)
            if not found and not self._records:
                self._refuse(request)
            return bool(found)

        def play_response(request: Any) -> Json:
            self.requests.append(_to_request(request))
            return self._reply_to(request) or play(request)

        def append_new(request: Any, response: Json) -> None:
            self.requests.append(_to_request(request))
            append(request, response)

        cassette.can_play_response_for = can_play_response_for
        cassette.play_response = play_response
        cassette.append = append_new

    def _reply_to(self, request: Any) -> Json:
        asked = (request.method, request.uri)
        return next((response for method, url, response in self._replies if (method, url) == asked), None)

    def _refuse(self, request: Any) -> NoReturn:
        """Say what has no answer, to the plugin and, where it hears nothing of it, to the test."""
        url, cassette = mask_url(request.uri, self.secrets()), self._stage.places.name(self.cassette)
        said = f"{request.method} {url} was never recorded in {cassette} (pytest --record-http records it)"
        self._stage.faults.append(f"{self._stage.places.here() or 'a plugin'}: {said}")
        raise NotRecorded(said)

    def _masked_request(self, request: Any) -> Any:
        secrets = self.secrets()
        headers = mask_headers(dict(request.headers), secrets)
        body = mask_body(_bytes_of(request), _content_type(headers), secrets)
        return Request(request.method, mask_url(request.uri, secrets), body or None, headers)

    def _masked_response(self, response: Json) -> Json:
        secrets = self.secrets()
        headers = mask_headers(response["headers"], secrets)
        body = mask_body(response["body"]["string"] or b"", _content_type(headers), secrets)
        for name in headers:
            if name.lower() == "content-length":
                headers[name] = [str(len(body))]
        return {**response, "headers": headers, "body": {**response["body"], "string": body}}


class NotRecorded(ConnectionError):
    """A plugin asked the web for what was never recorded; to the plugin it is as if the network were down."""


class _Persister:
    """Write a cassette, and look once more for secrets that became known after a request was made."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def load_cassette(self, path: Any, serializer: Any) -> Any:
        return FilesystemPersister.load_cassette(path, serializer)

    def save_cassette(self, path: Any, cassette: Json, serializer: Any) -> None:
        FilesystemPersister.save_cassette(path, cassette, _Masking(serializer, self._http))


class _Masking:
    """Write as another serializer does, without secrets."""

    def __init__(self, serializer: Any, http: Http) -> None:
        self._serializer, self._http = serializer, http

    def serialize(self, cassette: Json) -> str:
        return mask_text(self._serializer.serialize(cassette), self._http.secrets())

    def deserialize(self, text: str) -> Json:
        return self._serializer.deserialize(text)


def _to_request(request: Any) -> HttpRequest:
    headers = {str(name).lower(): _text_of(value) for name, value in dict(request.headers).items()}
    return HttpRequest(request.method, request.uri, headers, _bytes_of(request))


def _bytes_of(request: Any) -> bytes:
    """Read the body of a request, as bytes, pieces or, with aiohttp, the value that is to be sent as JSON."""
    body = request.body
    if body is None or isinstance(body, bytes):
        return body or b""
    if hasattr(body, "read"):
        return bytes(body.read())
    pieces = list(body) if isinstance(body, Iterable) and not isinstance(body, dict) else []
    if pieces and all(isinstance(each, bytes) for each in pieces):
        return b"".join(pieces)
    try:
        return json_.dumps(body).encode()
    except TypeError:
        return f"<{type(body).__name__}>".encode()  # a form with files: what is in it cannot be masked


def _text_of(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_text_of, value))
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _content_type(headers: Mapping[str, Any]) -> str:
    found = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    return _text_of(found).lower()
