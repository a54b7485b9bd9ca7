"""Conflicts in the page: both sides beside each other and beside what they began with, and what to type."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cochat_devkit.config import read_config
from cochat_devkit.kinds import kind_named
from cochat_devkit.mirror.conflicts import Conflict
from cochat_devkit.operations.browse import Catalogue
from cochat_devkit.resource import Key, Resource, Slug, digest_of_body
from cochat_devkit.sync.decide import Reason
from cochat_devkit.web.pages import all_pages
from cochat_devkit.workspace.forms import path_for
from cochat_devkit.workspace.sidecar import to_body
from tests.web.mirrored import HOSTILE, Mirrored, row_of, scope_in

if TYPE_CHECKING:
    from pathlib import Path

KIND = kind_named("tool")[0]
SINCE = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def source(word: str) -> str:
    return f'"""\ntitle: Weather\n"""\n\nclass Tools:\n    word = "{word}"\n\n    def same(self):\n        return 1\n'


def put(made: Mirrored, slug: str, base: str, ours: str | None, theirs: str | None, reason: Reason | None) -> None:
    """Let a resource have been the same once, and be what each side made of it; noted as a conflict with a reason."""
    key = Key("tool", Slug(slug))
    bodies = {name: to_body(KIND, key.slug, text, {}) for name, text in (("base", base), ("theirs", theirs)) if text}
    path, fingerprint = path_for(KIND, "", key.slug), Resource(key, bodies["base"]).fingerprint
    agreed = {"base_local": fingerprint, "base_remote": fingerprint, "base_digest": digest_of_body("", bodies["base"])}
    row = row_of(f"tool/{slug}", bodies.get("theirs", bodies["base"]), path=path, **agreed)
    local = to_body(KIND, key.slug, ours, {}) if ours else None
    digests = {"remote_digest": row.remote_digest, "local_digest": digest_of_body("", local) if local else None}
    noted = [Conflict(key, "", str(reason), ("content",), since=SINCE, **digests)] if reason else []
    stored = [("", each) for each in (*bodies.values(), *([local] if local else []))]
    with made.store() as store:
        store.remember(scope_in(store), rows=[row], bodies=stored, conflicts=noted)
    if ours:
        (made.root / path).parent.mkdir(parents=True, exist_ok=True)
        (made.root / path).write_text(ours, encoding="utf-8")


@pytest.fixture
def mirrored(tmp_path: Path) -> Mirrored:
    """Make a workspace in which two sides changed one line, and one of them deleted what the other changed."""
    made = Mirrored(tmp_path)
    put(made, "both", source("old"), source("mine"), source("yours"), Reason.EDITED_BOTH)
    put(made, "gone", source("old"), None, source("yours"), None)
    put(made, "calm", source("old"), source("old"), source("old"), None)
    return made


def test_conflicts_are_listed(mirrored: Mirrored) -> None:
    """I see what clashes, since when, in which parts, and what to type; what is in step is not there."""
    page = mirrored.get("conflicts.html")
    assert page.links("conflicts/") == ["conflicts/tool/both.html", "conflicts/tool/gone.html"]
    assert "content" in page.texts_of("code")
    assert "2026-01-02T03:04:00+00:00" in page.html
    assert "cochat resolve tool/both" in page.text


def test_both_sides_stand_beside_each_other(mirrored: Mirrored) -> None:
    """I see mine beside theirs, and each beside what they began with, the words marked, with the commands."""
    page = mirrored.get("conflicts/tool/both.html")
    assert page.texts_of("del") == ["mine", "old", "old"]
    assert page.texts_of("ins") == ["yours", "mine", "yours"]
    assert "No merge settles these parts by itself: content" in page.text
    assert [each for each in page.texts_of("code") if each.startswith("cochat resolve")] == [
        f"cochat resolve tool/both --{way}" for way in ("ours", "theirs", "merge", "edit")
    ]
    ids = [found["id"] for _name, found in page.elements if found.get("id")]
    assert len(ids) == len({*ids})
    assert "../../conflicts/tool/both.html" in mirrored.get("r/tool/both.html").links("conflicts/")


def test_a_side_that_is_gone_is_told(mirrored: Mirrored) -> None:
    """Where I deleted what the server changed, there is its change alone, and a choice."""
    page = mirrored.get("conflicts/tool/gone.html")
    assert page.texts_of("p", "empty") == ["It is gone here."]
    assert "It is a choice between the two." in page.text
    assert page.texts_of("ins") == ["yours"]


def test_a_covered_version_is_told_apart(tmp_path: Path) -> None:
    """Where a push of mine covered somebody's save, I choose between the two versions."""
    made = Mirrored(tmp_path)
    put(made, "covered", source("old"), source("mine"), source("covered"), Reason.OVERWRITTEN)
    page = made.get("conflicts/tool/covered.html")
    assert page.texts_of("ins") == ["covered"]
    assert "--merge" not in page.text


def test_what_does_not_clash_has_no_page(mirrored: Mirrored) -> None:
    """What is in step is not here; without any conflict I am told so. Written out, each conflict has its page."""
    assert mirrored.get("conflicts/tool/calm.html").status == 404
    catalogue = Catalogue(read_config(mirrored.root), None)
    assert [each["ref"] for each in all_pages()["conflict"].every(catalogue)] == ["tool/both", "tool/gone"]


def test_peace_is_told(tmp_path: Path) -> None:
    """Where nothing clashes, the page says so."""
    made = Mirrored(tmp_path)
    made.show("tool/one", {"name": "One", "content": ""})
    assert made.get("conflicts.html").texts_of("p", "empty") == ["No conflicts: nothing was changed on both sides."]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_that_a_server_sent_is_more_than_text(tmp_path: Path, language: str) -> None:
    """A side that looks like HTML is text on both sides."""
    made = Mirrored(tmp_path)
    put(
        made, "both", source("old"), f"{source('mine')}# {HOSTILE}\n", f"# {HOSTILE}\n{source('x')}", Reason.EDITED_BOTH
    )
    for path in ("conflicts.html", "conflicts/tool/both.html"):
        page = made.get(path, language)
        assert page.status == 200
        assert page.is_harmless()
    assert "<script>" in page.text
