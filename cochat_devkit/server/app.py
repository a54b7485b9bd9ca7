"""The local server as an application: every kind of the table, people, and a page for all that does not exist."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse

from cochat_devkit.errors import NotSupported, UsageError
from cochat_devkit.kinds import all_kinds
from cochat_devkit.server import (
    about_routes,
    automation_routes,
    cochat_routes,
    config_routes,
    kind_routes,
    knowledge_routes,
    model_routes,
    people_routes,
    prompt_routes,
    skill_import_routes,
    skill_routes,
    valves_routes,
)
from cochat_devkit.server.collection import Collection
from cochat_devkit.server.context import ServerContext
from cochat_devkit.server.groups import Groups
from cochat_devkit.server.hosts import LoopbackOnly
from cochat_devkit.server.people import People
from cochat_devkit.server.plugins import Plugins
from cochat_devkit.server.quirks import quirks_of
from cochat_devkit.server.store import Notes, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.responses import Response

    from cochat_devkit.kinds import Kind
    from cochat_devkit.kinds.dialects import Dialect
    from cochat_devkit.plugin import PluginLoader

_PAGE = "<!doctype html>\n<html><head><title>{title}</title></head><body>No such address here.</body></html>\n"


#: what answers for kinds whose requests are of no common form
_ROOMS = (config_routes, skill_routes, skill_import_routes, knowledge_routes, automation_routes, cochat_routes)


def read_seconds() -> int:
    """Read the clock as the servers do: whole seconds since the epoch."""
    return int(time.time())


def make_context(
    dialect: Dialect,
    loader: PluginLoader,
    store: Store,
    *,
    clock: Callable[[], int] = read_seconds,
    more_writes: Iterable[str] = (),
) -> ServerContext:
    """Gather what a server stands on. `more_writes` names kinds of CoChat whose undocumented writes are answered.

    Raises:
        UsageError: the store was filled by a server of another flavor.
    """
    quirks, notes = quirks_of(dialect), Notes(store)
    known = notes.get("flavor")
    if known not in (None, dialect.name):
        raise UsageError(
            f"this data file was filled as {known}, not as {dialect.name}",
            hint=f"serve it with --flavor {known}, or name another file",
        )
    if known is None:
        notes.put("flavor", dialect.name)
    groups = Groups(store, quirks, clock)
    people = People(store, notes, groups, quirks, clock)
    plugins = Plugins(loader, dialect.generation)
    return ServerContext(dialect, quirks, store, notes, groups, people, plugins, clock, frozenset(more_writes))


def make_collections(context: ServerContext, kinds: Iterable[Kind] | None = None) -> dict[str, Collection]:
    """Open the collection of each kind that the dialect has, by the kind's name."""
    found: dict[str, Collection] = {}
    for kind in all_kinds() if kinds is None else kinds:
        try:
            is_plain = kind.endpoints_for(context.dialect).is_plain
        except NotSupported:
            continue  # servers of this dialect do not have the kind
        if is_plain:
            found[kind.name] = Collection(kind, context)
    return found


def make_app(context: ServerContext, collections: dict[str, Collection]) -> FastAPI:
    """Make the application. Middleware may be added to it before it runs.

    Unknown addresses answer GET with a web page and anything else with 405, and no address is redirected to another:
    that is how the real servers behave, and what clients must cope with.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.context = context
    app.state.collections = collections
    router = APIRouter(redirect_slashes=False)
    about_routes.add_routes(router)
    people_routes.add_routes(router, context.quirks)
    for collection in collections.values():
        kind_routes.add_routes(router, collection)
        if collection.kind.plugin:
            valves_routes.add_routes(router, collection)
    prompt_routes.add_routes(router, context)
    model_routes.add_routes(router, context, collections)
    for room in _ROOMS:
        room.add_routes(router, context)
    app.include_router(router)
    app.add_api_route("/{path:path}", _make_page(context.dialect), methods=["GET", "HEAD"])
    app.add_exception_handler(RequestValidationError, _answer_malformed)
    app.add_middleware(LoopbackOnly)
    return app


def _make_page(dialect: Dialect) -> Callable[[], HTMLResponse]:
    page = _PAGE.format(title=dialect.title)

    def show_page() -> HTMLResponse:
        return HTMLResponse(page)

    return show_page


async def _answer_malformed(request: Request, error: Any) -> Response:
    """Answer a request that does not fit its form; one generation does not repeat what may hold a password."""
    rule = request.app.state.context.quirks.credentials_malformed
    if rule and request.url.path.startswith(people_routes.CREDENTIALS_PATH):
        return JSONResponse({"detail": rule.detail}, status_code=rule.status)
    return await request_validation_exception_handler(request, error)
