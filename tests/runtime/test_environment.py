"""Which variables reach a process that runs plugin code."""

from __future__ import annotations

import pytest

from cochat_devkit.runtime.environment import without_secrets


@pytest.mark.parametrize(
    "name",
    [
        "COCHAT_TOKEN",
        "COCHAT_PROFILE",
        "GITHUB_TOKEN",
        "OPENAI_API_KEY",
        "openai_apikey",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "DB_PASSWORD",
        "PGPASSWORD",
        "DB_PWD",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "SSH_PRIVATE_KEY",
        "SENTRY_DSN",
        "DATABASE_URL",
        "HTTP_AUTH",
    ],
)
def test_what_looks_secret_stays_with_us(name):
    """A plugin on my machine does not see my tokens."""
    assert without_secrets({name: "canary"}) == {}


def test_ordinary_variables_pass():
    """A plugin still finds its programs, its home and its language."""
    ordinary = {
        "PATH": "/bin",
        "PWD": "/",
        "OLDPWD": "/",
        "HOME": "/h",
        "LANG": "C",
        "GIT_AUTHOR_NAME": "x",
        "KEYS": "1",
    }
    assert without_secrets(ordinary) == ordinary
