"""Scaffolds: new plugins and their tests, rendered from templates."""

from cochat_devkit.scaffold.packaged import packaged_templates_dir, shipped_plugins_dir
from cochat_devkit.scaffold.render import available_templates, render_scaffold

__all__ = ["available_templates", "packaged_templates_dir", "render_scaffold", "shipped_plugins_dir"]
