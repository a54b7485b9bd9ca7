"""The reference pages say what the code says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOVED = ("cochat_devkit", "docs", "README.md", "CONTRIBUTING.md")


def test_reference_is_not_stale() -> None:
    """Every command, kind, error, rule and setting stands in the reference as the code has it."""
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_links_lead_somewhere() -> None:
    """Every link of a page to another leads to a file."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    dead = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert len(pages) > 10
    assert dead == []


def test_every_variable_is_documented() -> None:
    """Every variable of ours that the code reads stands in the settings page."""
    read = {
        name
        for path in (ROOT / "cochat_devkit").rglob("*.py")
        for name in re.findall(r"environ(?:\.get\(|\[)\"(COCHAT_[A-Z_]+)\"", path.read_text(encoding="utf-8"))
    }
    page = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    assert {"COCHAT_TOKEN", "COCHAT_URL", "COCHAT_CONFIG_DIR"} <= read
    assert [name for name in read if f"`{name}`" not in page] == []
