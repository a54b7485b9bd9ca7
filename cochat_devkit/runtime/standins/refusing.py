"""What is there by name alone: it can be imported, named and passed on, and refuses loudly to be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable


class NotOffline(Exception):
    """A plugin used something of the server's that is not there without a server."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is the server's own, and is not there offline")
        self.name = name


class Refusing:
    """Stand for a value of the server's that nobody knows here; what it leads to is as unknown."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def __repr__(self) -> str:
        return f"<{self._name}, not there offline>"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Refusing(f"{self._name}.{name}")

    def __getitem__(self, key: object) -> Any:
        return Refusing(f"{self._name}[{key!r}]")

    def __mro_entries__(self, _bases: tuple[object, ...]) -> tuple[type, ...]:
        return ()

    def _refuse(self, *_args: object, **_more: object) -> NoReturn:
        raise NotOffline(self._name)

    __call__ = __await__ = __iter__ = __aiter__ = __next__ = __bool__ = __len__ = __str__ = __int__ = __float__ = (
        _refuse
    )
    __enter__ = __aenter__ = __contains__ = __setitem__ = __setattr__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __sub__ = __mul__ = __truediv__ = _refuse


def _raise(name: str) -> NoReturn:
    raise NotOffline(name)


def refusing_function(name: str, *, is_async: bool, yields: bool) -> Callable[..., Any]:
    """Make a function that raises, of the same colour as the server's."""
    if is_async and yields:

        async def refuse_stream(*_args: object, **_more: object) -> Any:
            yield _raise(name)

        made: Callable[..., Any] = refuse_stream
    elif is_async:

        async def refuse_later(*_args: object, **_more: object) -> Any:
            raise NotOffline(name)

        made = refuse_later
    else:

        def refuse(*_args: object, **_more: object) -> Any:
            raise NotOffline(name)

        made = refuse
    made.__name__ = name.rpartition(".")[2]
    made.__qualname__ = made.__name__
    return made
