"""What every test of the contract stands on: a server, the people on it and the kinds of plugins it keeps."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import httpx

from tests.contract import sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Json = Any

TIMEOUT_S = 30.0


def make_id() -> str:
    """Return a plugin id that no other test uses."""
    return f"ct_{uuid.uuid4().hex[:12]}"


def make_client(url: str, token: str | None = None, headers: Mapping[str, str] | None = None) -> httpx.Client:
    """Return a client that keeps no cookies: a stale `token` cookie would sign it in."""
    all_headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
    client = httpx.Client(base_url=url, headers=all_headers, trust_env=False, timeout=TIMEOUT_S)
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return client


@dataclass(frozen=True)
class Person:
    """Somebody with an account, and a client that speaks for them."""

    id: str
    name: str
    email: str
    password: str
    token: str
    client: httpx.Client


@dataclass(frozen=True)
class Server:
    """One server under test.

    `generation` is `0.6` or `0.12`; `flavor` is what a local server pretends to be, and `real` for a real one.
    """

    url: str
    generation: str
    flavor: str
    admin_person: Person
    user_person: Person
    anonymous: httpx.Client
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def is_real(self) -> bool:
        return self.flavor == "real"

    @property
    def admin(self) -> httpx.Client:
        return self.admin_person.client

    @property
    def user(self) -> httpx.Client:
        return self.user_person.client

    def client(self, token: str | None = None, headers: Mapping[str, str] | None = None) -> httpx.Client:
        """Return a further client, closed with the server."""
        client = make_client(self.url, token, headers)
        self.clients.append(client)
        return client

    def add_person(self, *, role: str = "user") -> Person:
        """Create an account that no other test uses."""
        return add_person(self.url, self.admin, role=role, clients=self.clients)

    def access(
        self,
        *,
        read_users: Iterable[str] = (),
        write_users: Iterable[str] = (),
        read_groups: Iterable[str] = (),
        write_groups: Iterable[str] = (),
    ) -> dict[str, Json]:
        """Return the form field that gives these people and groups access, in this generation's words."""
        if self.generation == "0.6":
            return {
                "access_control": {
                    "read": {"group_ids": list(read_groups), "user_ids": list(read_users)},
                    "write": {"group_ids": list(write_groups), "user_ids": list(write_users)},
                }
            }
        audiences = (
            ("user", "read", read_users),
            ("user", "write", write_users),
            ("group", "read", read_groups),
            ("group", "write", write_groups),
        )
        return {
            "access_grants": [
                {"principal_type": who, "principal_id": one, "permission": what}
                for who, what, ids in audiences
                for one in ids
            ]
        }

    def private(self) -> dict[str, Json]:
        """Return the form field that keeps a resource to its owner and administrators."""
        return {"access_control": {}} if self.generation == "0.6" else {"access_grants": []}

    def public(self) -> dict[str, Json]:
        """Return the form field that lets every signed-in person read a resource."""
        if self.generation == "0.6":
            return {"access_control": None}
        return {"access_grants": [{"principal_type": "user", "principal_id": "*", "permission": "read"}]}


@dataclass(frozen=True)
class PluginKind:
    """Tools or functions: where they live on a server, and the smallest plugin of the kind."""

    name: str
    path: str
    source: str
    class_name: str
    owner_field: str
    """Which field of a history entry names the plugin."""

    def form(self, plugin_id: str, source: str | None = None, **more: Json) -> dict[str, Json]:
        """Return the form that create and update take; on 0.6 a form without access makes a tool public."""
        content = self.source if source is None else source
        return {"id": plugin_id, "name": "A name", "content": content, "meta": {"description": "What it does"}, **more}

    def url(self, plugin_id: str, rest: str = "") -> str:
        return f"{self.path}/id/{plugin_id}{rest}"


TOOLS = PluginKind("tools", "/api/v1/tools", sources.TOOL, "Tools", "tool_id")
FUNCTIONS = PluginKind("functions", "/api/v1/functions", sources.FILTER, "Filter", "function_id")


def add_person(url: str, admin: httpx.Client, *, role: str, clients: list[httpx.Client]) -> Person:
    """Create an account through the administrator and return it with a client of its own."""
    name = f"person-{uuid.uuid4().hex[:8]}"
    email, password = f"{name}@example.com", f"password-of-{name}"
    form = {"name": name, "email": email, "password": password, "role": role}
    account = read_json(admin.post("/api/v1/auths/add", json=form))
    client = make_client(url, account["token"])
    clients.append(client)
    return Person(account["id"], name, email, password, account["token"], client)


def create_plugin(
    client: httpx.Client, kind: PluginKind, plugin_id: str | None = None, source: str | None = None, **more: Json
) -> dict[str, Json]:
    """Create a plugin under a fresh id unless one is given, and return the server's answer."""
    form = kind.form(plugin_id or make_id(), source, **more)
    created: dict[str, Json] = read_json(client.post(f"{kind.path}/create", json=form))
    return created


def read_json(answer: httpx.Response) -> Json:
    """Return the body of an answer that must be a success in JSON."""
    assert answer.status_code == httpx.codes.OK, f"{answer.request.url}: {answer.status_code} {answer.text[:300]}"
    assert answer.headers["content-type"].partition(";")[0] == "application/json"
    return answer.json()


def refusal(answer: httpx.Response) -> tuple[int, Json]:
    """Return the status and the `detail` of an answer, ready to be compared with what was promised."""
    body = answer.json()
    return answer.status_code, body.get("detail", body) if isinstance(body, dict) else body


def is_page(answer: httpx.Response) -> bool:
    """Tell whether the answer is the web page that stands for every unknown address."""
    is_html = answer.headers["content-type"].partition(";")[0] == "text/html"
    return answer.status_code == httpx.codes.OK and is_html and answer.text.lower().startswith("<!doctype")


def find(rows: list[dict[str, Json]], plugin_id: str) -> dict[str, Json]:
    """Return the one row with this id."""
    (row,) = [row for row in rows if row["id"] == plugin_id]
    return row


def ids(rows: list[dict[str, Json]]) -> list[str]:
    return [row["id"] for row in rows]
