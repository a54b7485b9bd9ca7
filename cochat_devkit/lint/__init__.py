"""Checks of plugins: our own rules, and ruff in the same pass."""

from cochat_devkit.lint.check import check_plugins
from cochat_devkit.lint.ruff import fix_files
from cochat_devkit.lint.rule import PluginFile, Rule
from cochat_devkit.lint.rules import all_rules

__all__ = ["PluginFile", "Rule", "all_rules", "check_plugins", "fix_files"]
