"""How a function that is played gets the signature and the colour of the server's own."""

from __future__ import annotations
import __future__

import inspect
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins.refusing import NotOffline

if TYPE_CHECKING:
    from collections.abc import Callable

    from cochat_devkit.resource import Json


#: what no play has any use for: sessions of a database, and who asks where nobody is turned away
NEEDLESS = ("self", "db", "request", "user", "user_id", "metadata", "bypass_filter", "bypass_system_prompt")


def coloured(module: str, name: str, entry: Json, play: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function as the facts have it, that hands on what `play` takes of its arguments.

    What the version does not have, and what nobody gave where the facts do not say the default, `play` has of its own.
    An argument that it does not take is refused where it is given.
    """
    taken = tuple(inspect.signature(play).parameters)

    def pass_on(given: dict[str, Any]) -> Any:
        for each, default in refused.items():
            if given[each] is not default:
                raise NotOffline(f"{module}.{name} with {each}")
        return play(**{each: given[each] for each in taken if given.get(each, ...) is not ...})

    bare = name.rpartition(".")[2]
    before = "async def" if "async" in entry else "def"
    wait = "await " if inspect.iscoroutinefunction(play) else ""
    text = f"{before} {bare}({entry['takes']}): return {wait}_play(locals())"
    space: dict[str, Any] = {"_play": pass_on}
    # annotations stay text: what they name may not be there
    flags = __future__.annotations.compiler_flag
    exec(compile(text, f"<{module}>", "exec", flags, dont_inherit=True), space)  # noqa: S102 - the text is of our facts
    made: Callable[..., Any] = space[bare]
    made.__module__, made.__qualname__ = module, name
    parameters = inspect.signature(made).parameters.items()
    refused = {each: about.default for each, about in parameters if each not in (*taken, *NEEDLESS)}
    return made
