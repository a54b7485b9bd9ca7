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
        {"redis.url": f"redis://:{CANARY}@host:6379/0"},
        {"rag.pgvector_db_url": f"postgresql://me:p@{CANARY}@db/x"},
        {"rag.pgvector_db_url": f"postgresql://me@corp:{CANARY}@db/x"},
        {"redis.sentinels": f"redis://:{CANARY}@one:1,redis://:{CANARY}@two:2/0"},
        {"web.playwright_ws_url": f"wss://chrome.example?token={CANARY}"},
        {"web.search.searxng_query_url": f"https://s.example/?q=<query>&apikey={CANARY}&format=json"},
        {"web.search.searxng_query_url": f"https://s.example/?q=<query>;api%5Fkey={CANARY};{CANARY}"},
        {"oauth.redirect": f"https://s.example/#id=1&access_token={CANARY}"},
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


@pytest.mark.parametrize(
    "text",
    [
        "https://s.example:8080/search?q=<query>&format=json#top",
        "https://s.example/?token=&q=1",
        "redis://host:6379/0",
        "redis://me@host:6379/0",
        "https://s.example:8080/@me/x?at=me@s.example",
        "http://[::1]:11434",
        "What is 1:1? Ask me@s.example; a=b & c=d",
    ],
)
def test_an_address_without_a_secret_stays_as_it_is(text):
    """A stored setting does not become another because of how it is masked."""
    assert mask_secrets({"url": text}) == {"url": text}


def test_what_stands_beside_a_secret_in_an_address_stays():
    """A reader still sees which server it is, and what it is asked."""
    settings = {"a": f"redis://:{CANARY}@host:6379/0", "b": f"https://s.example/?q=<query>&apikey={CANARY}&n=1"}
    assert mask_secrets(settings) == {
        "a": f"redis://{MASK}@host:6379/0",
        "b": f"https://s.example/?q=<query>&apikey={MASK}&n=1",
    }


_PARTS = st.text("aB1@:=%._~-'\"é", max_size=6)
_REST = st.text("aB1@:=%._~-/?&#; é", max_size=12)


@given(_PARTS, _PARTS, _PARTS, _REST, _REST)
def test_no_password_of_an_address_comes_through(user, before, after, host, lead):
    """Whoever the user is, and whichever signs the password holds that an address can hold there."""
    address = f"{lead} x://{user.replace(':', '')}:{before}{CANARY}{after}@{host}"
    assert CANARY not in repr(mask_secrets({"url": address, "several": [address]}))


@given(
    st.sampled_from(["token", "apikey", "api_key", "Access_Token", "client-secret", "pass%77ord", "my_sk", "sig_auth"]),
    st.sampled_from("?&;#"),
    st.text("aB1@:=%._~-/?;'\"é", max_size=6),
    _REST,
    _REST,
)
def test_no_secret_parameter_of_an_address_comes_through(name, lead, beside, before, after):
    """Wherever it stands among the others, and whatever stands around it."""
    address = f"https://s.example/{before}{lead}{name}={beside}{CANARY}{beside}&{after}"
    assert CANARY not in repr(mask_secrets({"url": address}))


@given(
    st.recursive(
        st.text() | st.text("a:/@?&=;# (masked)token") | _REST.map("x://a?key=".__add__) | st.integers() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_masking_twice_is_masking_once(settings):
    """A masked setting is in its last form, so that a second pull finds nothing new."""
    assert mask_secrets(mask_secrets(settings)) == mask_secrets(settings)
