"""What the loader says of a plugin is what a real server says of it.

Runs where COCHAT_CONTRACT_REAL=1 is set; the servers lie in COCHAT_CONTRACT_CACHE.
"""

from __future__ import annotations

import textwrap

import pytest

from cochat_devkit.plugin import LoadFailure, LoadRequest
from cochat_devkit.runtime.child_loader import ChildLoader
from tests.runtime.server_probe_runner import SERVERS, ask_server
from tests.runtime.spec_samples import BODIES, MODULES, PREAMBLE

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
    return ask_server(generation, SAMPLES, tmp_path_factory.mktemp("server"))


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
