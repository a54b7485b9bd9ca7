"""New: scaffold a plugin with its test."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit.errors import UsageError
from cochat_devkit.kinds import kind_named
from cochat_devkit.workspace.files import inside, write_file

if TYPE_CHECKING:
    from cochat_devkit.config import Config


@dataclass(frozen=True)
class Scaffolded:
    """Say what was made; paths are relative to the workspace."""

    ref: str
    paths: tuple[str, ...]


def new(config: Config, word: str, name: str, *, author: str) -> Scaffolded:
    """Make a plugin and its test of a template; the workspace's own `templates/` wins over the packaged one.

    Raises:
        UsageError: the name makes no id, or a file is there already.
        TemplateError: there is no template, or it cannot be rendered.
    """
    from cochat_devkit.scaffold import render_scaffold
    from cochat_devkit.scaffold.packaged import packaged_templates_dir

    kind, type_ = kind_named(word)
    slug = to_slug(name)
    if not kind.is_valid_slug(slug):
        raise UsageError(f"{name!r} makes no id of a {word}", hint=f"an id has {kind.slug_rule}")
    if kind.types and type_ is None:
        raise UsageError(f"a {kind.name} is one of several", hint=f"say which: {', '.join(kind.types)}")
    texts = render_scaffold(
        type_ or kind.name,
        slug,
        title=_title(name),
        author=author,
        template_dirs=[config.root / "templates", packaged_templates_dir()],
    )
    for path in texts:
        if inside(config.root, path).exists():
            raise UsageError(f"{path} is there already", hint="choose another name")
    for path, text in texts.items():
        write_file(config.root, path, text.encode(), expected=None)
    return Scaffolded(f"{type_ or kind.name}/{slug}", tuple(texts))


def to_slug(name: str) -> str:
    """Make an id of a name: "Weather Report" gives weather_report."""
    return re.sub(r"\W+", "_", name.strip()).strip("_").lower()


def _title(name: str) -> str:
    words = re.sub(r"[_\s]+", " ", name.strip())
    return words if words != words.lower() else words.title()
