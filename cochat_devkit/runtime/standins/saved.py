"""A setting as 0.6 keeps it: a value with a name in the environment and a place in what is saved."""

from __future__ import annotations

from typing import Any


class PersistentConfig:
    """Hold the value of a setting; nothing is saved here."""

    def __init__(self, env_name: str, config_path: str, env_value: Any) -> None:
        self.env_name, self.config_path, self.env_value = env_name, config_path, env_value
        self.config_value = None
        self.value = env_value

    def __str__(self) -> str:
        return str(self.value)

    def update(self) -> None:
        """Do nothing: there is nothing saved."""

    def save(self) -> None:
        """Do nothing, likewise."""
