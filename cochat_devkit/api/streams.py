"""Take JSON apart while it arrives: of a long list neither all bytes nor all text are held at any time."""

from __future__ import annotations

import codecs
import json
import re
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cochat_devkit.resource import Json

_BLANK = " \t\n\r"
_BLANKS = re.compile(f"[{_BLANK}]*")
_MARK = re.compile(rf"[{_BLANK}]*[,\]]")


def parse_chunks(chunks: Iterable[bytes], take: Callable[[Json], object]) -> Json:
    """Read JSON as `json.loads` does. Where it is a list, `take` is given each item, and its answers make the list.

    Raises:
        ValueError: it is no JSON, or only a part of it; NaN and its like are none.
        RecursionError: it is nested too deeply.
    """
    texts = _decoded(chunks)
    head = ""
    while not head:
        text = next(texts, None)
        if text is None:
            raise ValueError("there is nothing")
        head = text.lstrip(_BLANK)
    if not head.startswith("["):
        return _DECODER.decode("".join((head, *texts)))
    return [take(each) for each in _Splitter(head[1:], texts).items()]


def _decoded(chunks: Iterable[bytes]) -> Iterator[str]:
    """Make text of bytes as `json.loads` does, characters that are cut between two chunks included."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogatepass")
    return chain((decoder.decode(chunk) for chunk in chunks), (decoder.decode(end, final=True) for end in (b"",)))


def refuse_constant(name: str) -> Json:
    """Take NaN and its like for what they are in JSON: nothing."""
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=refuse_constant)


class _Splitter:
    """Yield the items of a list behind its bracket; the text comes in pieces that end anywhere."""

    def __init__(self, head: str, texts: Iterator[str]) -> None:
        self._buffer, self._at = head, 0
        self._texts = texts

    def items(self) -> Iterator[Json]:
        mark = self._peek()
        while mark != "]":
            yield self._item()
            mark = self._peek()
            if mark == ",":
                self._at += 1
                if self._peek() == "]":
                    raise ValueError("a comma before the end of the list")
        if any(text.strip(_BLANK) for text in (self._buffer[self._at + 1 :], *self._texts)):
            raise ValueError("something behind the list")

    def _peek(self) -> str:
        """Skip blanks, and show the next character."""
        while True:
            found = _BLANKS.match(self._buffer, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            self._read_on()

    def _item(self) -> Json:
        """Read one item up to the mark behind it: without that, a number may go on in what is still to come."""
        self._peek()
        while True:
            try:
                item, end = _DECODER.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError:
                pass
            else:
                if _MARK.match(self._buffer, end):
                    self._at = end
                    return item
            self._read_on()

    def _read_on(self) -> None:
        """Read at least as much again as is left: a long item is then tried a few times only."""
        left = self._buffer[self._at :]
        parts, size = [left], 0
        for text in self._texts:
            parts.append(text)
            size += len(text)
            if size > len(left):
                break
        if not size:
            raise ValueError("it ends within the list")
        self._buffer, self._at = "".join(parts), 0
