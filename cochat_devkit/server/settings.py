"""The settings of the local server: what admins set, over what a server is installed with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.server.config_manners import config_manners_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.resource import Json, Wire
    from cochat_devkit.server.context import ServerContext

_NOTE = "settings"
_PERMISSIONS = "user.permissions"


class Settings:
    """Keep settings by flat names, as `ui.default_models`."""

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._manners = config_manners_of(context)

    def get(self, name: str) -> Json:
        """Tell a setting."""
        return self._set().get(name, self._manners.settings.get(name))

    def put(self, changes: Mapping[str, Json]) -> None:
        """Set some settings."""
        with self._context.store.writing():
            self._context.notes.put(_NOTE, {**self._set(), **changes})

    def export(self) -> Wire:
        """Tell all settings in the form of the generation, secrets in clear."""
        people = self._context.people
        if self._manners.exports_flat:
            return {**self._manners.settings, **self._set(), _PERMISSIONS: people.default_permissions()}
        kept = self._context.notes.get("permissions")
        permissions = {_PERMISSIONS: kept} if kept else {}
        return {"version": 0, **_nested({"ui.enable_signup": False, **self._set(), **permissions})}

    def _set(self) -> Wire:
        return dict(self._context.notes.get(_NOTE) or {})


def _nested(flat: Mapping[str, Json]) -> Wire:
    """Write `a.b` as `b` within `a`."""
    nested: Wire = {}
    for name, value in flat.items():
        *path, last = name.split(".")
        within = nested
        for part in path:
            within = within.setdefault(part, {})
        within[last] = value
    return nested
