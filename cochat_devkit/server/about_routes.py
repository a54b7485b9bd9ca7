"""What the local server says of itself: that it is well, and its version."""

from fastapi import APIRouter

from cochat_devkit.resource import Wire
from cochat_devkit.server.callers import Context


def add_routes(router: APIRouter) -> None:
    """Add the addresses that describe the server."""

    @router.get("/health")
    def show_health() -> Wire:
        return {"status": True}

    @router.get("/api/version")
    def show_version(context: Context) -> Wire:
        return {"version": context.quirks.version, "deployment_id": ""}
