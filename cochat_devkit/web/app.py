"""The web application: a route for each page of the table, and what stands beside them; it only reads."""

from __future__ import annotations

import mimetypes
import time
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from cochat_devkit.errors import DevkitError, UnknownKind, UnknownResource, UsageError
from cochat_devkit.web.page import Asked
from cochat_devkit.web.pages import all_pages
from cochat_devkit.web.rendering import LANGUAGES, render, render_template, static_files
from cochat_devkit.web.safety import HEADERS, refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.web.page import Page


_METHODS = ("GET", "HEAD")
_MISSING = 404
#: nobody's data is in what stands beside the pages, and another process has another token and so other addresses
_KEPT = {"Cache-Control": "private, max-age=3600"}
#: as Python knows them: what a machine's own tables say of a script may keep a browser from running it
_TYPES = mimetypes.MimeTypes()


def make_app(catalogue: Catalogue, token: str) -> FastAPI:
    """Make the application; every address begins with the token."""
    catalogue.begin()
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.middleware("http")(_guard(token))
    app.exception_handler(Exception)(_tell_bug)
    answers: dict[str, Callable[..., Response]] = {
        f"/{token}": _choose_language,
        f"/{token}/": _choose_language,
        f"/{token}/static/{{name}}": _send_static,
    }
    for page in all_pages().values():
        for language in LANGUAGES:
            answers[f"/{token}/{language}/{page.path}"] = _route(page, catalogue, language)
    for path, answer in answers.items():
        app.api_route(path, methods=[*_METHODS])(answer)
    return app


def _guard(token: str) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    async def guard(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        began_s = time.perf_counter()
        response = _refused(request, token) or await answer(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["Server-Timing"] = f"page;dur={(time.perf_counter() - began_s) * 1000:.1f}"
        return response

    return guard


def _refused(request: Request, token: str) -> Response | None:
    """Answer what may not be asked, and what asks for a change; None for the rest."""
    headers = request.headers
    why = refusal(
        hosts=headers.getlist("host"),
        origin=headers.get("origin"),
        site=headers.get("sec-fetch-site"),
        path=request.scope["path"],
        token=token,
        at=request.scope["server"],
    )
    if why:
        return PlainTextResponse(f"{why}\n", status_code=403)
    if request.method not in _METHODS:
        return PlainTextResponse("pages are read\n", status_code=405, headers={"Allow": ", ".join(_METHODS)})
    return None


def _tell_bug(_request: Request, _error: Exception) -> Response:
    """Answer for a bug of ours; no middleware sees this answer, and the server's log says what it was."""
    return PlainTextResponse("a bug of ours: the terminal says more\n", status_code=500, headers=HEADERS)


def _choose_language(request: Request) -> Response:
    wanted = request.headers.get("accept-language", "").lower()
    language = "zh" if wanted.startswith("zh") else "en"
    token = request.scope["path"].strip("/")
    return RedirectResponse(f"/{token}/{language}/index.html")


def _send_static(name: str) -> Response:
    found = static_files().get(name)
    if found is None:
        return PlainTextResponse("there is no such file\n", status_code=404)
    return Response(found.read_bytes(), headers=_KEPT, media_type=_TYPES.guess_type(name)[0])


def _route(page: Page, catalogue: Catalogue, language: str) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        params = dict(request.path_params)
        try:
            if "stem" in params:
                params["ref"] = catalogue.ref_of_stem(params.pop("type"), params.pop("stem"))
            with catalogue.once() as once:
                return _to_answer(render(page, once, Asked(params, request.query_params), language))
        except DevkitError as error:
            path, status = request.scope["raw_path"].decode("latin-1").split("/", 3)[3], _status_of(error)
            given = {"error": error, "is_missing": status == _MISSING}
            return _to_answer(render_template("error.html", path, language, catalogue, given), status)

    return answer


def _status_of(error: DevkitError) -> int:
    if isinstance(error, UnknownKind | UnknownResource):
        return _MISSING
    return 400 if isinstance(error, UsageError) else 500


def _to_answer(html: str, status: int = 200) -> Response:
    # half of a pair of surrogates, which a server's JSON may hold, is no character
    return HTMLResponse(html.encode("utf-8", "replace"), status_code=status)
