"""What it takes to index 100,000 documents of 1 kB, to search them and to update one; and `cochat search` of 10,000."""

from __future__ import annotations

import contextlib
import itertools
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bench.measure import print_table, run_process, side_by_side
from bench.offline import INSTALLED, make_workspace
from cochat_devkit.kinds import all_kinds
from cochat_devkit.mirror.finding import Wanted, find
from cochat_devkit.mirror.mentions import condition_of_users
from cochat_devkit.mirror.reader import MirrorReader
from cochat_devkit.mirror.rows import Row, Scope
from cochat_devkit.mirror.store import MirrorStore
from cochat_devkit.mirror.words import Query, make_snippet, parse_query, pieces_of
from cochat_devkit.resource import Body, Key, RemoteId, Resource, Slug

COUNT = 100_000
DOCUMENT_BYTES = 1_000
BATCH = 500
QUERIES = 200
UPDATES = 50
LIMIT = 20
MOST_HITS = 5_000
VOCABULARY = 30_000
RESOURCES = 10_000
ROUNDS = 9
ALL = Wanted([(kind.name, None) for kind in all_kinds()])
#: the documents were changed one a minute
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
#: every so many-th document is an agent under a tag that uses a tool
EVERY = 100
USED = Key("tool", Slug("web_search"))
FACTS = {"url": "http://x", "user_id": "u", "role": "admin", "dialect": "cochat", "server_version": "1"}


def main() -> None:
    """Measure and print the tables."""
    chance = random.Random(7)
    documents = make_documents(chance)
    hits = Counter(word for text in documents for word in set(text.split()))
    with tempfile.TemporaryDirectory(prefix="cochat-bench-") as home:
        path = Path(home) / "mirror.db"
        with MirrorStore(path) as store:
            scope = store.enter_scope("main", **FACTS)
            began_s = time.perf_counter()
            for start in range(0, COUNT, BATCH):
                _remember(store, scope, start, documents[start : start + BATCH])
            remembered_s = time.perf_counter() - began_s
            updates = [_timed(_remember, store, scope, n, [f"{documents[n]} {n}"]) for n in range(UPDATES)]
        indexed_s, indexed_cpu_s = _index_anew(path)
        size_mib = path.stat().st_size / 2**20
        usual = [word for word, count in hits.items() if count <= MOST_HITS]
        asked = chance.sample(usual, QUERIES // 2)
        asked += chance.sample([word for word in usual if hits[word] > MOST_HITS // 5], QUERIES // 2)
        worst = hits.most_common(1)[0][0]
        chinese = Counter(char for text in documents[:2000] for char in text if char > "\u4e00").most_common(1)[0][0]
        with MirrorReader(path) as reader:
            p95_ms = _p95([_timed(_ask, reader, scope, each) for each in asked])
            worst_ms = _p95([_timed(_ask, reader, scope, worst) for _ in range(ROUNDS)])
            both_ms = _p95([_timed(_ask, reader, scope, f"{worst} {each}") for each in asked])
            char_ms = _p95([_timed(_ask, reader, scope, chinese) for _ in range(ROUNDS)])
            more = _ask_otherwise(reader, scope, usual, worst)
    rows = [
        ["remembering all", f"{remembered_s:.1f} s", "", ""],
        _row("indexing all anew, unpacked before", indexed_s, 15, "s"),
        ["  of it CPU", f"{indexed_cpu_s:.1f} s", "", ""],
        _row(f"a word of up to {MOST_HITS:,} hits, p95", p95_ms, 10, "ms"),
        _row(f"the word of {hits[worst]:,} hits", worst_ms, 100, "ms"),
        _row("that and another, p95", both_ms, 100, "ms"),
        _row("one Chinese character", char_ms, 100, "ms"),
        _row("one resource updated, p95", _p95(updates), 10, "ms"),
        *more,
    ]
    print_table(
        f"{COUNT:,} documents of {DOCUMENT_BYTES:,} bytes, {size_mib:.0f} MiB", ["what", "took", "bar", ""], rows
    )
    measure_command()


def measure_command() -> None:
    """Measure the whole process on a workspace of 10,000 tools, and print the table."""
    with tempfile.TemporaryDirectory(prefix="cochat-bench-") as home:
        root = Path(home)
        make_workspace(root, RESOURCES)
        ours = [str(Path(sys.executable).with_name("cochat")), "search"]
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "cochat search, one hit": [*ours, f"bench_{RESOURCES // 2}"],
            "cochat search, all hit": [*ours, "city"],
            "cochat search --substring": [*ours, "--substring", f"ench_{RESOURCES // 2}"],
            "cochat search changed:": [*ours, "changed:1d"],
            "cochat search --kind": [*ours, "city", "--kind", "tool", "--json"],
        }
        found = side_by_side(
            {name: partial(run_process, each, cwd=root, env=INSTALLED) for name, each in commands.items()},
            rounds=ROUNDS,
        )
    rows = []
    for name, run in found.items():
        reached = "reached" if run.wall_s <= 0.15 and run.peak_mib <= 60 else "MISSED"
        bar = reached if name.startswith("cochat") else ""
        rows.append([name, f"{run.wall_s * 1000:.0f}", f"{run.cpu_s * 1000:.0f}", f"{run.peak_mib:.0f}", bar])
    head = ["command", "wall ms", "CPU ms", "peak MiB", "bar: 150 ms, 60 MiB"]
    print_table(f"Searching {RESOURCES:,} tools, medians of {ROUNDS}", head, rows)


def make_documents(chance: random.Random) -> list[str]:
    """Make texts of words as people use them: few often, many seldom; every sixth is Chinese."""
    words = []
    for number in range(VOCABULARY):
        if number % 6 == 5:
            words.append("".join(chr(0x4E00 + chance.randrange(3000)) for _ in range(chance.choice((2, 2, 3, 4)))))
        else:
            words.append("".join(chance.choices("etaoinshrdlucmfwypvbgk", k=chance.randint(3, 9))) + str(number))
    weights = [*itertools.accumulate(1 / (rank + 2) for rank in range(VOCABULARY))]
    texts = []
    for _ in range(COUNT):
        text = " ".join(chance.choices(words, cum_weights=weights, k=DOCUMENT_BYTES // 5)).encode()[:DOCUMENT_BYTES]
        texts.append(text.decode(errors="ignore").rpartition(" ")[0])
    return texts


def _ask_otherwise(reader: MirrorReader, scope: Scope, usual: list[str], worst: str) -> list[list[str]]:
    """Ask by filters, by beginnings and by characters: rows of the table."""
    late = f"{FIRST + timedelta(minutes=COUNT - 1000):%Y-%m-%dT%H:%M}"
    early = f"{FIRST + timedelta(minutes=1000):%Y-%m-%dT%H:%M}"
    tagged, changed = ALL._replace(tags=["field"]), ALL._replace(since=late)
    users = ALL._replace(conditions=[condition_of_users(reader, scope, USED, None)])
    letters = [word for word in usual if word.isascii()]
    questions = {
        "tag: alone": ("", tagged, 100),
        "changed: alone, 1 % of all": ("", changed, 100),
        "uses: alone": ("", users, 100),
        "the worst word and tag:": (worst, tagged, 100),
        "the worst word and changed: 1 %, the newest": (worst, changed, 100),
        "the worst word and changed: 1 %, the oldest": (worst, ALL._replace(before=early), 100),
        "the worst word and uses:": (worst, users, 100),
        "a beginning of one letter": ("a*", ALL, 100),
        "a beginning of two": ("th*", ALL, 100),
        "twenty beginnings": (" ".join(f"{each[:2]}*" for each in letters[:20]), ALL, 100),
        "a phrase of sixty words": (f'"{" ".join(usual[-60:])}"', ALL, 100),
        "characters of one word, --substring": (letters[0][1:], ALL, 1_500),
        "characters of many words, --substring": (worst[1:3], ALL, 1_500),
        "characters of no word, --substring": ("=>", ALL, 1_500),
    }
    rows = []
    for name, (words, wanted, bar) in questions.items():
        query = parse_query(words, is_substring="substring" in name)
        took_ms = _p95([_timed(_find, reader, scope, query, wanted) for _ in range(ROUNDS)])
        looked = find(reader, scope, query, wanted, limit=LIMIT, read_file=_read_nothing).looked_through
        row = _row(name, took_ms, bar, "ms")
        rows.append([f"{name} (looked through {looked:,})", *row[1:3], "said"] if looked else row)
    return rows


def _remember(store: MirrorStore, scope: Scope, start: int, texts: list[str]) -> None:
    rows, bodies = [], []
    for number, text in enumerate(texts, start):
        slug = Slug(f"doc_{number}")
        body: Body = {"name": f"Document {number}", "content": text}
        kind = "tool"
        if number % EVERY == 0:
            kind, body = (
                "agent",
                {"name": f"Document {number}", "system": text, "tags": ["Field"], "tools": [str(USED)]},
            )
        resource = Resource(Key(kind, slug), body)
        row = Row(
            resource.key,
            "",
            RemoteId(slug),
            remote_fingerprint=resource.fingerprint,
            remote_digest=resource.digest,
            base_local=resource.fingerprint,
            base_remote=resource.fingerprint,
            base_digest=resource.digest,
            updated_at=FIRST + timedelta(minutes=number),
        )
        rows.append(row)
        bodies.append(("", body))
    store.remember(scope, rows=rows, bodies=bodies)


def _index_anew(path: Path) -> tuple[float, float]:
    """Index what is stored as after an upgrade of the kit: seconds by the clock, and of CPU."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM fact WHERE name = 'words'")
        database.commit()
    began_s, cpu_s = time.perf_counter(), time.process_time()
    with MirrorStore(path):
        return time.perf_counter() - began_s, time.process_time() - cpu_s


def _ask(reader: MirrorReader, scope: Scope, words: str) -> None:
    _find(reader, scope, parse_query(words), ALL)


def _find(reader: MirrorReader, scope: Scope, query: Query, wanted: Wanted) -> None:
    for hit in find(reader, scope, query, wanted, limit=LIMIT, read_file=_read_nothing).found:
        make_snippet(query, pieces_of(hit.body))


def _read_nothing(_key: Key, _place: str, _digest: str) -> str:
    return ""


def _timed(do: object, *given: object) -> float:
    began_s = time.perf_counter()
    do(*given)  # type: ignore[operator]
    return (time.perf_counter() - began_s) * 1000


def _p95(took_ms: list[float]) -> float:
    return statistics.quantiles(took_ms, n=20, method="inclusive")[-1]


def _row(what: str, took: float, bar: float, unit: str) -> list[str]:
    return [what, f"{took:.1f} {unit}", f"{bar} {unit}", "reached" if took <= bar else "MISSED"]


if __name__ == "__main__":
    main()
