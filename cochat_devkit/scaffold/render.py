"""Rendering of scaffolds: one folder of templates becomes a set of files; nothing is written here."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from cochat_devkit.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jinja2.sandbox import SandboxedEnvironment

_SUFFIX = ".jinja"
#: a title stands in the frontmatter: one line of a docstring
_NOT_IN_FRONTMATTER = ('"""', "\\", "\n", "\r")


def render_scaffold(
    type_name: str, slug: str, *, title: str, author: str, template_dirs: Sequence[Path]
) -> dict[str, str]:
    """Render the scaffold of one type: text by path relative to the workspace, with forward slashes.

    The first of `template_dirs` that has a folder of that name is used. In it, the paths of files are templates
    themselves, and `.jinja` at their end is dropped. Templates know `id`, `title` and `author`, and `literal`, which
    writes a text as Python does.

    Raises:
        TemplateError: there is no such scaffold, a title or author cannot stand in a frontmatter, or a template
            cannot be read or rendered.
    """
    folder = _find_folder(type_name, template_dirs)
    values = {"id": slug, "title": _plain(title, "title"), "author": _plain(author, "author")}
    environment = _make_environment()
    rendered: dict[str, str] = {}
    for file in _template_files(folder):
        name = file.relative_to(folder).as_posix()
        path = _checked_path(_render(environment, name, values, where=str(file)), where=str(file))
        rendered[path] = _render(environment, _read(file), values, where=str(file))
    if not rendered:
        raise TemplateError(f"the scaffold in {folder} has no files")
    return rendered


def available_templates(template_dirs: Sequence[Path]) -> tuple[str, ...]:
    """Name the scaffolds that can be rendered."""
    folders = (each for root in template_dirs if root.is_dir() for each in root.iterdir())
    return tuple(sorted({each.name for each in folders if each.is_dir() and not each.name.startswith((".", "_"))}))


def _find_folder(type_name: str, template_dirs: Sequence[Path]) -> Path:
    known = available_templates(template_dirs)
    if type_name in known:
        return next(root / type_name for root in template_dirs if (root / type_name).is_dir())
    raise TemplateError(f"there is no scaffold named {type_name!r}", hint=f"scaffolds: {', '.join(known) or 'none'}")


def _plain(text: str, what: str) -> str:
    if any(each in text for each in _NOT_IN_FRONTMATTER):
        raise TemplateError(
            f"the {what} {text!r} cannot stand in a frontmatter",
            hint="leave out line breaks, backslashes and three double quotes",
        )
    return text.strip()


def _make_environment() -> SandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    environment.filters["literal"] = lambda text: json.dumps(text, ensure_ascii=False)
    return environment


def _template_files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder).parts
        if file.is_file() and not any(part.startswith((".", "__pycache__")) for part in inside):
            yield file


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{file} cannot be read: {error}") from error


def _render(environment: SandboxedEnvironment, text: str, values: Mapping[str, str], *, where: str) -> str:
    from jinja2 import TemplateError as JinjaError
    from jinja2 import TemplateSyntaxError

    try:
        return environment.from_string(text).render(values)
    except TemplateSyntaxError as error:
        raise TemplateError(f"{where}:{error.lineno}: {error.message}") from error
    except (JinjaError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise TemplateError(f"{where}: {error}") from error


def _checked_path(rendered: str, *, where: str) -> str:
    path = PurePosixPath(rendered.removesuffix(_SUFFIX))
    if path.is_absolute() or ".." in path.parts or "\\" in rendered or not path.name:
        raise TemplateError(f"{where} renders to {rendered!r}, which leaves the workspace")
    return str(path)
