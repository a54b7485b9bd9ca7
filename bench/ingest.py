"""What the mirror takes to remember and index 10,000 bodies of 5 kB, beside bare sqlite3 with the same bytes.

The bare side indexes words alone; ours indexes pairs of CJK characters, too. CPU beside the clock: a busy machine
makes the clock wait.
"""

from __future__ import annotations

import hashlib
import random
import resource
import sqlite3
import statistics
import tempfile
import time
import zlib
from pathlib import Path

from bench.measure import print_table
from cochat_devkit.mirror.rows import Row
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.resource import Key, RemoteId, Resource, Slug

COUNT = 10_000
BODY_BYTES = 5_000
BATCH = 200
ROUNDS = 3
BAR_S = 4.0
_WORDS = ("filter", "inlet", "outlet", "valves", "return", "self", "body", "await", "user", "chat", "模型", "工具")


def main() -> None:
    """Measure and print the table."""
    bodies = _make_bodies()
    runs: dict[str, list[tuple[float, float]]] = {"bare sqlite3": [], "the mirror": []}
    with tempfile.TemporaryDirectory(prefix="cochat-bench-") as home:
        for round_ in range(ROUNDS):
            runs["bare sqlite3"].append(_bare(Path(home) / f"bare{round_}.db", bodies))
            runs["the mirror"].append(_mirror(Path(home) / f"mirror{round_}.db", bodies))
    medians = {what: [statistics.median(each) for each in zip(*found, strict=True)] for what, found in runs.items()}
    bare_s, bare_cpu_s = medians["bare sqlite3"]
    rows = []
    for what, (wall_s, cpu_s) in medians.items():
        reached = "" if what == "bare sqlite3" else "reached" if wall_s <= BAR_S else "MISSED"
        ratios = [f"{wall_s:.2f}", f"{wall_s / bare_s:.2f}", f"{cpu_s:.2f}", f"{cpu_s / bare_cpu_s:.2f}"]
        rows.append([what, *ratios, f"{BAR_S:.0f}", reached])
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    title = f"Remembering {COUNT:,} bodies of {BODY_BYTES:,} bytes, medians of {ROUNDS}; peak {peak_mib:.0f} MiB"
    print_table(title, ["what", "s", "x bare", "CPU s", "x bare", "bar s", "bar"], rows)


def _make_bodies() -> list[dict[str, str]]:
    chance = random.Random(5)
    bodies = []
    for number in range(COUNT):
        words = " ".join(chance.choices(_WORDS, k=BODY_BYTES // 6))
        bodies.append({"name": f"Tool {number}", "content": f"# {number}\n{words}"[:BODY_BYTES]})
    return bodies


def _bare(path: Path, bodies: list[dict[str, str]]) -> tuple[float, float]:
    started_s, cpu_s = time.perf_counter(), time.process_time()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE body (digest TEXT PRIMARY KEY, packed BLOB)")
        database.execute("CREATE VIRTUAL TABLE words USING fts5 (title, text, content = '')")
        for number, body in enumerate(bodies):
            plain = repr(body).encode()
            row = (hashlib.sha256(plain).hexdigest(), zlib.compress(plain, 6))
            database.execute("INSERT INTO body VALUES (?, ?)", row)
            words = (number, body["name"], body["content"])
            database.execute("INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)", words)
    database.close()
    return time.perf_counter() - started_s, time.process_time() - cpu_s


def _mirror(path: Path, bodies: list[dict[str, str]]) -> tuple[float, float]:
    started_s, cpu_s = time.perf_counter(), time.process_time()
    with MirrorStore(path) as store:
        scope = store.enter_scope(
            "main", url="http://x", user_id="u", role="admin", dialect="cochat", server_version="1"
        )
        for start in range(0, COUNT, BATCH):
            batch = bodies[start : start + BATCH]
            rows = [_row(start + number, body) for number, body in enumerate(batch)]
            store.remember(scope, rows=rows, bodies=[("", body) for body in batch])
    return time.perf_counter() - started_s, time.process_time() - cpu_s


def _row(number: int, body: dict[str, str]) -> Row:
    # as a pull does it: a resource computes its digest once
    resource = Resource(Key("tool", Slug(f"tool_{number}")), {**body})
    return Row(
        key=resource.key,
        type="",
        remote_id=RemoteId(resource.key.slug),
        remote_fingerprint=resource.fingerprint,
        remote_digest=resource.digest,
        base_local=resource.fingerprint,
        base_remote=resource.fingerprint,
        base_digest=resource.digest,
        derived={},
    )


if __name__ == "__main__":
    main()
