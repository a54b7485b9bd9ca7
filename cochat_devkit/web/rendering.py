"""From a page and what it is given to HTML: the environment of the templates, links, words in two languages."""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cochat_devkit import __version__
from cochat_devkit.errors import DevkitError
from cochat_devkit.operations.clashes import CLASHING
from cochat_devkit.redaction import redact
from cochat_devkit.web.formatted import highlight, is_picture, is_plain, language_of, markdown, to_readable_json
from cochat_devkit.web.page import Asked, pieces_near
from cochat_devkit.web.pages import all_pages, menu
from cochat_devkit.web.safety import EXPORT_POLICY
from cochat_devkit.web.words import action_of, ago, date_of, label_of, many_of, one_of, to_instant, tone
from cochat_devkit.workspace.paths import file_stem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.web.page import Page, Params

LANGUAGES = ("en", "zh")
_HERE = files("cochat_devkit.web")


def render(page: Page, catalogue: Catalogue, asked: Asked, language: str) -> str:
    """Make the HTML of one address.

    Raises:
        DevkitError: there is no such resource, or the mirror cannot be read.
    """
    given = _given(page, catalogue, asked)
    return render_template(page.template, page.address(**asked.params), language, catalogue, given, asked.query)


def render_export(page: Page, catalogue: Catalogue, params: Params) -> dict[str, str]:
    """Make the HTML of one address as it stands in the static site, by language.

    Raises:
        DevkitError: there is no such resource any more, or the mirror cannot be read.
    """
    given = {**_given(page, catalogue, Asked(params)), "is_export": True}
    path = page.address(**params)
    return {each: render_template(page.template, path, each, catalogue, given) for each in LANGUAGES}


def render_template(
    template: str,
    path: str,
    language: str,
    catalogue: Catalogue,
    given: Mapping[str, Any],
    query: Mapping[str, str] | None = None,
) -> str:
    """Lay out a template for the address `path`, which all links are relative to."""
    up = "../" * path.count("/")
    asked = f"?{urlencode(query)}" if query else ""
    t = functools.partial(_translated, language)
    every = {
        "ago": date_of if given.get("is_export") else functools.partial(ago, now=datetime.now(UTC), t=t),
        "catalogue": catalogue,
        "counts_by_type": _counts_by_type(catalogue),
        "export_policy": EXPORT_POLICY,
        "here": "",
        "is_export": False,
        "language": language,
        "languages": {each: f"{up}../{each}/{path}{asked}" for each in LANGUAGES},
        "menu": menu(),
        "pages": all_pages(),
        "static": f"{up}../static/",
        "t": t,
        "to": functools.partial(_link, up),
        "type_here": "",
        "version": __version__,
    }
    return _environment().get_template(template).render({**every, **given})


def static_files() -> dict[str, Traversable]:
    """List what stands beside the pages by name: style sheet, script, pictures."""
    return {each.name: each for each in (_HERE / "static").iterdir() if each.is_file()}


def _counts_by_type(catalogue: Catalogue) -> Mapping[str, int]:
    """Count for the navigation; where nothing can be counted, the page itself says why."""
    try:
        return catalogue.counts()
    except DevkitError:
        return {}


def _type_of(params: Mapping[str, str]) -> str:
    return params.get("type") or params.get("ref", "").partition("/")[0]


def _given(page: Page, catalogue: Catalogue, asked: Asked) -> dict[str, Any]:
    return {**page.make(catalogue, asked), "here": page.name, "type_here": _type_of(asked.params)}


def _link(up: str, name: str, **params: Any) -> str:
    """Write a link to an address of a page, relative to the page that it stands on."""
    return up + _address_of(name, *((key, str(each)) for key, each in params.items()))


@functools.lru_cache(maxsize=4_096)
def _address_of(name: str, *params: tuple[str, str]) -> str:
    return all_pages()[name].address(**dict(params))


def _translated(language: str, text: str, /, **values: object) -> str:
    """Say a text of ours in a language; what has no translation stays English, which a test forbids."""
    said = _chinese().get(text, text) if language == "zh" else text
    return said.format(**values) if values else said


@functools.cache
def _chinese() -> dict[str, str]:
    found: dict[str, str] = {}
    for each in (_HERE / "chinese").iterdir():
        if each.name.endswith(".json"):
            found |= json.loads(each.read_text(encoding="utf-8"))
    return found


def _without_secrets(value: object) -> object:
    """Mask what is a secret; what is HTML already was made of masked text."""
    return redact(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(str(_HERE / "templates")),
        autoescape=True,
        undefined=StrictUndefined,
        # what was installed stays as it is
        auto_reload=False,
        finalize=_without_secrets,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"markdown": markdown, "highlight": highlight, "as_json": to_readable_json}
    environment.globals |= {
        "action_of": action_of,
        "clashing": CLASHING,
        "instant_of": to_instant,
        "is_picture": is_picture,
        "is_plain": is_plain,
        "label_of": label_of,
        "language_of": language_of,
        "many_of": many_of,
        "one_of": one_of,
        "pieces_near": pieces_near,
        "stem_of": file_stem,
        "tone": tone,
    }
    return environment
