"""`open_webui.utils.redis`: a server without a Redis has no connection to one, and here is none."""

from __future__ import annotations

from typing import Any

from cochat_devkit.runtime.standins.refusing import NotOffline


def get_redis_connection(
    redis_url: str | None,
    redis_sentinels: Any = None,
    async_mode: bool = False,  # noqa: ARG001 - there is no connection of either kind
    decode_responses: bool = True,  # noqa: ARG001 - likewise
) -> None:
    """Give no connection where no address is given.

    Raises:
        NotOffline: one is.
    """
    if redis_url or redis_sentinels:
        raise NotOffline("open_webui.utils.redis.get_redis_connection with an address")


PLAYS = {"get_redis_connection": get_redis_connection}
