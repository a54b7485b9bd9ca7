"""The web application: a route for each page of the table, and what stands beside them; it only reads."""

from __future__ import annotations

import mimetypes
import time
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from cochat_devkit.errors import DevkitError, LocalError, UnknownResource
from cochat_devkit.web.page import Asked
from cochat_devkit.web.pages import all_pages
from cochat_devkit.web.rendering import LANGUAGES, render, render_template, static_files
from cochat_devkit.web.safety import HEADERS, refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.web.page import Page


def make_app(catalogue: Catalogue, token: str) -> FastAPI:
    """Make the application; every address begins with the token."""
    catalogue.begin()
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.middleware("http")(_guard(token))
    app.get(f"/{token}")(_choose_language)
    app.get(f"/{token}/")(_choose_language)
    app.get(f"/{token}/static/{{name}}")(_send_static)
    for page in all_pages().values():
        for language in LANGUAGES:
            app.get(f"/{token}/{language}/{page.path}")(_route(page, catalogue, language))
    return app


def _guard(token: str) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    async def guard(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        began_s = time.perf_counter()
        port = request.scope["server"][1]
        why = refusal(request.headers, request.url.path, token, port)
        response = PlainTextResponse(f"{why}\n", status_code=403) if why else await answer(request)
        response.headers.update(HEADERS)
        response.headers["Server-Timing"] = f"page;dur={(time.perf_counter() - began_s) * 1000:.1f}"
        return response

    return guard


def _choose_language(request: Request) -> Response:
    wanted = request.headers.get("accept-language", "").lower()
    language = "zh" if wanted.startswith("zh") else "en"
    token = request.url.path.strip("/")
    return RedirectResponse(f"/{token}/{language}/index.html")


def _send_static(name: str) -> Response:
    found = static_files().get(name)
    if found is None:
        return PlainTextResponse("there is no such file\n", status_code=404)
    return Response(found.read_bytes(), media_type=mimetypes.guess_type(name)[0])


def _route(page: Page, catalogue: Catalogue, language: str) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        params = dict(request.path_params)
        try:
            if "stem" in params:
                params["ref"] = catalogue.ref_of_stem(params.pop("type"), params.pop("stem"))
            return HTMLResponse(render(page, catalogue, Asked(params, request.query_params), language))
        except DevkitError as error:
            path = request.url.path.split("/", 3)[3]
            html = render_template("error.html", path, language, catalogue, {"error": error})
            return HTMLResponse(html, status_code=_status_of(error))

    return answer


def _status_of(error: DevkitError) -> int:
    return 404 if isinstance(error, UnknownResource) else 500 if isinstance(error, LocalError) else 400
