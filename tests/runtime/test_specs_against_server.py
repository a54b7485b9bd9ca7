"""What the loader says of a plugin is what a real server says of it.

Runs where COCHAT_CONTRACT_REAL=1 is set; the servers lie in COCHAT_CONTRACT_CACHE.
"""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
from pathlib import Path

import pytest

from cochat_devkit.plugin import LoadFailure, LoadRequest
from cochat_devkit.runtime.child_loader import ChildLoader
from tests.runtime.spec_samples import BODIES, MODULES, PREAMBLE

SERVERS = {"0.12": "open-webui-0.12.4", "0.6": "open-webui-0.6.43"}
#: read now: the tests themselves run with a home of their own
CACHE = Path(
    os.environ.get("COCHAT_CONTRACT_CACHE") or Path.home() / ".cache" / "cochat-devkit" / "contract"
).expanduser()
SAMPLES = {
    **{
        name: ("tool", f"{PREAMBLE}\nclass Tools(Base):\n{textwrap.indent(body, '    ')}\n")
        for name, body in BODIES.items()
    },
    **MODULES,
}
#: pydantic's sentence in the server's words, and links that name pydantic's version
TOLD_DIFFERENTLY = ("PydanticInvalidForJsonSchema", "PydanticSchemaGenerationError", "PydanticUserError")


@pytest.fixture(scope="module", params=sorted(SERVERS))
def generation(request):
    return request.param


@pytest.fixture(scope="module")
def said_by_server(generation, tmp_path_factory):
    """Ask the real server's own code about all samples at once."""
    python = CACHE / SERVERS[generation] / "bin" / "python"
    if not python.exists():
        pytest.fail(f"COCHAT_CONTRACT_REAL is set and there is no {python}")
    home = tmp_path_factory.mktemp("server")
    (home / "samples.json").write_text(json.dumps(SAMPLES), encoding="utf-8")
    (home / "frontend" / "static").mkdir(parents=True)
    (home / "static").mkdir()
    settings = {"HOME": str(home), "DATA_DIR": str(home)}
    settings |= {"FRONTEND_BUILD_DIR": str(home / "frontend"), "STATIC_DIR": str(home / "static")}
    settings |= {"FROM_INIT_PY": "true", "WEBUI_SECRET_KEY": "x", "OFFLINE_MODE": "True"}
    settings |= {"USE_SLIM_DOCKER": "true", "VECTOR_DB": "none"}
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


@pytest.fixture(scope="module")
def loader():
    with ChildLoader() as loader:
        yield loader


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_we_say_what_the_server_says(name, generation, said_by_server, loader):
    """Type, frontmatter, specs, valves, or the exception with its message: the same as on the server."""
    kind, source = SAMPLES[name]
    told = loader.load(LoadRequest(kind, "sample", source, generation=generation))
    theirs = said_by_server[name]
    if isinstance(told, LoadFailure):
        ours = {"exception": told.exception.replace("NoEntryClass", "Exception"), "message": told.message}
        if told.exception in TOLD_DIFFERENTLY:
            ours.pop("message")
            theirs.pop("message")
    else:
        ours = {key: getattr(told, key) for key in theirs if key != "exception"}
    assert ours == theirs
