"""Our rules: one module each, found by being here, each with a row named `RULE`."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import pkgutil

from cochat_devkit.lint.rule import Rule


@functools.cache
def all_rules() -> tuple[Rule, ...]:
    """List the rules by code, each with the docstring of its module as the explanation."""
    modules = (importlib.import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__))
    found = [
        dataclasses.replace(module.RULE, explanation=(module.__doc__ or "").strip())
        for module in modules
        if isinstance(getattr(module, "RULE", None), Rule)
    ]
    return tuple(sorted(found, key=lambda rule: rule.code))
