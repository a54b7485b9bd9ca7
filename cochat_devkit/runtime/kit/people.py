"""Who calls in a test, and two people whose calls cross each other."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Any, TypeVar

from cochat_devkit.kit import User
from cochat_devkit.runtime.kit.stage import CALLER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.kit.stage import Stage

Given = TypeVar("Given")


class AsUser:
    """Say who calls from now on."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def __call__(
        self, *, role: str = "user", name: str | None = None, valves: Mapping[str, Json] | None = None
    ) -> User:
        """Become somebody else."""
        self._stage.user = user = make_person(role.capitalize() if name is None else name, role, valves or {})
        return user


def make_person(name: str, role: str = "user", valves: Mapping[str, Json] | None = None) -> User:
    """Make a person with an id and an address of their own."""
    word = name.lower().replace(" ", "-")
    return User(f"{word}-of-the-devkit", name, f"{word}@example.com", role, valves or {})


class TwoUsers:
    """Let two ordinary users call at once, each step of one between two of the other."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.first = make_person("Ada")
        self.second = make_person("Ben")

    def interleave(self, call: Callable[[User], Awaitable[Given]]) -> tuple[Given, Given]:
        """Make the same call for both at once."""

        async def both() -> tuple[Given, Given]:
            return await asyncio.gather(self._as(self.first, call), self._as(self.second, call))

        return self._stage.run(both())

    def assert_nothing_leaks(self, call: Callable[[User], Awaitable[Any]]) -> None:
        """Fail where one of them is told something else because of the other."""
        __tracebackhide__ = True
        plugin = self._stage.current()
        users = (self.first, self.second)
        alone = []
        for user in users:
            with self._stage.as_if_new(plugin):
                alone.append(self._stage.run(self._as(user, call)))
        with self._stage.as_if_new(plugin) as kept:
            self._compare("at once with", self.interleave(call), alone, kept)
        with self._stage.as_if_new(plugin) as kept:
            self._compare("after", [self._stage.run(self._as(user, call)) for user in users], alone, kept)

    def _compare(self, how: str, given: Sequence[Any], alone: Sequence[Any], kept: Callable[[], list[str]]) -> None:
        __tracebackhide__ = True
        for told, wanted, user, other in zip(
            given, alone, (self.first, self.second), (self.second, self.first), strict=True
        ):
            if _plain(told) != _plain(wanted):
                state = f" (kept in {', '.join(names)})" if (names := kept()) else ""
                raise AssertionError(
                    f"{user.name}, who called {how} {other.name}, was told {_plain(told)!r}, "
                    f"and alone {_plain(wanted)!r}{state}"
                )

    async def _as(self, user: User, call: Callable[[User], Awaitable[Given]]) -> Given:
        CALLER.set(user)
        return await call(user)


def _plain(told: Any) -> Any:
    """Take of an answer what is said in it, and not how long it took."""
    if not dataclasses.is_dataclass(told) or isinstance(told, type):
        return told
    found = {each.name: getattr(told, each.name) for each in dataclasses.fields(told) if each.name != "ms"}
    return {name: repr(each) if isinstance(each, Exception) else each for name, each in found.items()}
