"""Canaries in every place where a secret can be: none comes out in a file, the mirror, an output or a report."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cochat_devkit.credentials import credentials_path, read_credential
from tests.chaos.proxy import Fault, Request
from tests.chaos.result import Result
from tests.chaos.sorts import FILTER, FLAVORS, TOOL, kind_of_request
from tests.chaos.stage import World, open_world
from tests.desk import rows_of

if TYPE_CHECKING:
    from tests.desk import Desk

WHAT = "secrets: canaries in tokens, passwords, valves, people, headers and errors"
BAR = 50
SHORT = 50
SMALL = 5

#: by what happens to the requests: everything is said once in full and once as JSON, and errors in both ways
_COMMANDS: dict[Fault | None, tuple[tuple[str, ...], ...]] = {
    None: (("pull", "-v"), ("push", "--no-verify", "--json"), ("status", "--fetch", "-v"), ("doctor", "--json")),
    Fault.ECHO: (
        ("pull", "--json"),
        ("push", "--no-verify", "-v"),
        ("push", "--no-verify", "--json"),
        ("status", "--fetch", "--json"),
        ("whoami",),
        ("doctor",),
    ),
}
#: the token is the seventh; it is the server's to make
_NAMES = ("password", "valve", "person", "cookie", "trace", "realm")


def run(count: int, seed: int) -> Result:
    """Let `count` canaries fly, some in each round: token, password, valves, people's own data, headers."""
    result, chance = Result(seed), random.Random(seed)
    rounds = -(-count // (len(_NAMES) + 1))
    for number in range(rounds):
        flavor = FLAVORS[number % len(FLAVORS)]
        with tempfile.TemporaryDirectory(prefix="chaos-secrets-") as folder, open_world(Path(folder), flavor) as world:
            _play_round(world, Path(folder), chance, result)
    return result


def _play_round(world: World, folder: Path, chance: random.Random, result: Result) -> None:
    secrets = {name: _canary(chance, name) for name in _NAMES}
    email = f"canary{chance.randrange(10**9)}@example.com"
    form = {"name": "Canary", "email": email, "password": secrets["password"], "role": "admin"}
    world.browser.client.post("/api/v1/auths/add", json=form).raise_for_status()
    _fill(world, secrets)
    desk, said = world.desk, []
    said.append(_cochat(desk, folder, ("login", "--email", email, "--password-stdin"), secrets["password"] + "\n"))
    secrets["token"] = read_credential(world.proxy.url).token
    result.check(secrets["password"] not in credentials_path().read_text(), "the password is kept")
    said.append(_cochat(desk, folder, ("login", "--token-stdin"), secrets["token"] + "\n"))
    for fault, commands in _COMMANDS.items():
        for words in commands:
            path = desk.path(TOOL.path(f"made_{chance.randrange(10**9)}"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(TOOL.text(world.mark()))
            reach = chance.randint(1, 6)
            world.proxy.play(_from(reach, fault))
            said.append(_cochat(desk, folder, words))
    world.proxy.play()
    said.append(_cochat(desk, folder, ("login", "--token-stdin"), f"{secrets['token']} and more\n"))
    _look(result, world, folder, secrets, said)
    result.ran += len(secrets)


def _from(reach: int, fault: Fault | None) -> Any:
    return lambda request: fault if request.number >= reach else None


def _canary(chance: random.Random, name: str) -> str:
    return f"canary-{name}-{chance.getrandbits(96):024x}/+é\"'"[: None if name == "password" else -4]


def _fill(world: World, secrets: dict[str, str]) -> None:
    """Hide the canaries on the server, and in what it says beside the point."""
    for sort in (TOOL, FILTER):
        slug = world.slug()
        world.browser.create(sort, slug, world.mark())
        world.browser.client.post(f"/api/v1/{sort.kind}s/id/{slug}/valves/update", json={"api_key": secrets["valve"]})
    world.proxy.headers = {
        "set-cookie": f"token={secrets['cookie']}; Path=/; HttpOnly",
        "x-request-id": secrets["trace"],
        "www-authenticate": f"Bearer realm={secrets['realm']}",
    }

    def add(request: Request, value: Any) -> Any:
        if kind_of_request(request.path) not in (TOOL.kind, FILTER.kind):
            return value
        for wire in value if isinstance(value, list) else [value]:
            if isinstance(wire, dict) and "id" in wire:
                wire["valves"] = {"api_key": secrets["valve"]}
                wire["user"] = {"id": "u", "settings": {"key": secrets["person"]}, "oauth": {"sub": secrets["person"]}}
        return value

    world.proxy.rewrite = add


def _cochat(desk: Desk, folder: Path, words: tuple[str, ...], typed: str = "") -> bytes:
    """Run a command as a process of its own; everything that it said."""
    environment = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-m", "cochat_devkit", *words],
        cwd=desk.folder,
        env=environment,
        input=typed.encode(),
        capture_output=True,
        timeout=120,
        check=False,
    )
    return b"$ " + " ".join(words).encode() + b"\n" + done.stdout + done.stderr


def _look(result: Result, world: World, folder: Path, secrets: dict[str, str], said: list[bytes]) -> None:
    """Search everything that was left behind, but for the one file whose job it is to hold the token."""
    places = {f"output of {each[2:60].splitlines()[0]!r}": each for each in said}
    for root in (folder, Path(os.environ["HOME"])):
        for path in root.rglob("*"):
            if path.is_file() and path != credentials_path() and path.name != "serve.err":
                places[str(path)] = path.read_bytes()
    for number, blob in enumerate(_blobs(world.desk.path("mirror.db"))):
        places[f"mirror, value {number}"] = blob
    for name, secret in secrets.items():
        for place, content in places.items():
            found = [form for form in _forms(secret) if form in content]
            result.check(not found, f"{name} in {place} on {world.flavor}: {found[:1]}")
    result.check(len(places) > 20 and any(b"mark-" in content for content in places.values()), "nothing was searched")


def _forms(secret: str) -> list[bytes]:
    """Write a secret in the ways in which it could come out."""
    return [
        secret.encode(),
        quote(secret, safe="").encode(),
        json.dumps(secret)[1:-1].encode(),
        repr(secret)[1:-1].encode(),
        base64.b64encode(secret.encode()).rstrip(b"="),
    ]


def _blobs(mirror: Path) -> list[bytes]:
    """Take every value out of the mirror, and out of its compression."""
    found = []
    with contextlib.closing(sqlite3.connect(mirror)) as database:
        for _table, row in rows_of(database):
            for value in row:
                raw = value if isinstance(value, bytes) else str(value).encode()
                with contextlib.suppress(zlib.error):
                    raw += zlib.decompress(raw)
                found.append(raw)
    return found
