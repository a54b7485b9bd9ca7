"""Ask a real server's own code, in its own environment, what it makes of plugins."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVERS = {"0.12": "open-webui-0.12.4", "0.6": "open-webui-0.6.43"}
#: read now: the tests themselves run with a home of their own
CACHE = Path(
    os.environ.get("COCHAT_CONTRACT_CACHE") or Path.home() / ".cache" / "cochat-devkit" / "contract"
).expanduser()


def python_of(generation: str) -> Path:
    """Name the interpreter of an installed server."""
    python = CACHE / SERVERS[generation] / "bin" / "python"
    if not python.exists():
        pytest.fail(f"COCHAT_CONTRACT_REAL is set and there is no {python}")
    return python


def ask_server(generation: str, samples: Mapping[str, Any], home: Path) -> Any:
    """Run the probe over all samples at once, in a folder of its own: the answers by name."""
    python = python_of(generation)
    (home / "samples.json").write_text(json.dumps(samples), encoding="utf-8")
    (home / "frontend" / "static").mkdir(parents=True)
    (home / "static").mkdir()
    settings = {"HOME": str(home), "DATA_DIR": str(home)}
    settings |= {"FRONTEND_BUILD_DIR": str(home / "frontend"), "STATIC_DIR": str(home / "static")}
    settings |= {"FROM_INIT_PY": "true", "WEBUI_SECRET_KEY": "x", "OFFLINE_MODE": "True"}
    settings |= {"USE_SLIM_DOCKER": "true", "VECTOR_DB": "chroma"}
    ran = subprocess.run(
        [python, "-I", Path(__file__).with_name("server_probe.py"), home / "samples.json", home / "answers.json"],
        env={"PATH": os.environ["PATH"], **settings},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads((home / "answers.json").read_text(encoding="utf-8"))
