"""The page of a chat as a test plays it: what plugins tell it is recorded, what they ask it is answered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.events import Page
from cochat_devkit.runtime.snapshots import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.saved_chat import SavedChat

#: what the server says where nobody answers. Source: Open WebUI 0.12.4, socket/main.py
TIMED_OUT = {"error": "Event call timed out. The browser tab may be inactive or closed."}
#: the event calls that run code on the page
_EXECUTED = ("execute", "execute:python", "execute:tool")


class Recorder:
    """Keep the events of a test, in order."""

    def __init__(self) -> None:
        self._events: list[Json] = []

    def add(self, event: Json) -> None:
        """Keep one more."""
        self._events.append(event)

    @property
    def last(self) -> Json:
        """Give the last one."""
        assert self._events, "there were no events"  # noqa: S101 - what it raises is the test's own
        return self._events[-1]

    def of(self, type_: str) -> list[Json]:
        """List those of a type."""
        return [each for each in self._events if _type_of(each) == type_]

    def assert_sequence(self, expected: Sequence[str | Mapping[str, Json]]) -> None:
        """Fail unless the events were these and no others; each is a type, or a part of the event."""
        __tracebackhide__ = True
        shown = [_type_of(each) for each in self._events]
        if len(expected) != len(self._events):
            wanted = [each if isinstance(each, str) else _type_of(each) for each in expected]
            raise AssertionError(f"there were {len(shown)} events and not {len(wanted)}: {shown}, not {wanted}")
        for number, (wanted_one, event) in enumerate(zip(expected, self._events, strict=True), start=1):
            part = {"type": wanted_one} if isinstance(wanted_one, str) else wanted_one
            if not _is_part(part, event):
                raise AssertionError(f"event {number} of {len(shown)} is {event!r}, and not {wanted_one!r}")

    def clear(self) -> None:
        """Forget what there was."""
        self._events.clear()

    def __iter__(self) -> Iterator[Json]:
        """Go through all of them."""
        return iter(tuple(self._events))

    def __len__(self) -> int:
        """Count them."""
        return len(self._events)

    def __repr__(self) -> str:
        """Show them, for a test that failed."""
        return f"<events {self._events!r}>"


class Screen:
    """Hold what a page answers, by type: of several answers each once, and the last from then on."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._answers: dict[str, list[Json]] = {}
        self._gone: str | None = None

    def confirm(self, *answers: bool) -> None:
        """Answer questions for a yes or no."""
        self.reply("confirmation", *answers)

    def input(self, *answers: str) -> None:
        """Answer questions for a text."""
        self.reply("input", *answers)

    def execute(self, *results: Json) -> None:
        """Answer code that the page is to run, of whatever sort."""
        for each in _EXECUTED:
            self.reply(each, *results)

    def reply(self, type_: str, *answers: Json) -> None:
        """Answer event calls of another type."""
        self._gone = None
        self._answers.setdefault(type_, []).extend(answers)

    def disconnect(self) -> None:
        """Close the page."""
        self._gone = "closed"

    def timeout(self) -> None:
        """Leave the page open and nobody before it."""
        self._gone = "silent"

    def says(self, type_: str) -> bool:
        """Tell whether anything is said to a type of question; a page that says nothing is a closed one."""
        if self._gone == "silent":
            return self._generation != "0.6"
        return self._gone is None and bool(self._answers.get(type_))

    def next_answer(self, type_: str) -> Json:
        """Take the next answer; 0.12 has one of its own where nobody is there to give it."""
        if self._gone == "silent":
            return dict(TIMED_OUT)
        answers = self._answers[type_]
        return answers.pop(0) if len(answers) > 1 else answers[0]


class Recording(Page):
    """Be the page of one call or one turn: each event is kept and handed on."""

    def __init__(
        self,
        screen: Screen,
        generation: Generation,
        on_event: Callable[[Json], None],
        *,
        saved: SavedChat | None,
        is_there: bool,
    ) -> None:
        super().__init__({}, generation, saved=saved, is_there=is_there)
        self._screen = screen
        self._on_event = on_event

    async def emit(self, event: Any) -> None:
        """Take an event; whoever else waits goes on in the meantime, as on the server."""
        self._on_event(to_json(event))
        await super().emit(event)
        await asyncio.sleep(0)

    async def ask(self, event: Any) -> Any:
        """Answer an event call."""
        kind = str(_type_of(event))
        self._replies = {kind: self._screen.next_answer(kind)} if self._is_there and self._screen.says(kind) else {}
        try:
            answer = await super().ask(event)
        finally:
            self._on_event(self.events[-1])
        await asyncio.sleep(0)
        return answer


def _type_of(event: Any) -> Json:
    return event.get("type") if isinstance(event, dict) else None


def _is_part(part: Any, whole: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and _is_part(each, whole[name]) for name, each in part.items()
        )
    return bool(part == whole)
