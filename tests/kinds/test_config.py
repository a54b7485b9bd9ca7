"""The platform's settings: what sounds secret is masked before anybody keeps it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.kinds.config import MASK, mask_secrets

CANARY = "canary-5f1e"


@pytest.mark.parametrize(
    "settings",
    [
        {"openai.api_keys": [CANARY]},
        {"openai": {"api_keys": ["", CANARY], "api_configs": {"0": {"key": CANARY}}}},
        {"image_generation.automatic1111.api_auth": CANARY},
        {"web.search.sougou_api_sk": CANARY},
        {"rag.external_document_loader_headers": {"X-Anything": CANARY}},
        {"oauth.client_secret": CANARY, "ldap": {"app_password": CANARY}},
        {"webhook_url": f"https://hooks.example/{CANARY}"},
        {"rag.pgvector_db_url": f"postgresql://me:{CANARY}@db/x"},
        {"tool_server.connections": [{"url": "http://x", "auth_type": "bearer", "key": CANARY}]},
    ],
)
def test_secrets_are_masked_wherever_they_stand(settings):
    """No key, password or token of the platform reaches the mirror."""
    assert CANARY not in repr(mask_secrets(settings))
    assert MASK in repr(mask_secrets(settings))


def test_what_is_no_secret_can_be_read():
    """Limits, switches and names stay: they are what a reader looks for."""
    settings = {
        "ui.default_models": "a,b",
        "rag.top_k": 3,
        "auth": {"enable": True},
        "max_tokens": "5",
        "empty_key": "",
    }
    assert mask_secrets(settings) == settings


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_masking_twice_is_masking_once(settings):
    """A masked setting is in its last form, so that a second pull finds nothing new."""
    assert mask_secrets(mask_secrets(settings)) == mask_secrets(settings)
