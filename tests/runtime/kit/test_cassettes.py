"""The web is recorded and replayed; no secret is written down."""

from __future__ import annotations

import gzip
import http.server
import json
import threading
import time
from pathlib import Path

# imported here and not by the tests that are run within: what these import is forgotten after each
import aiohttp  # noqa: F401
import httpx  # noqa: F401
import pytest
import requests  # noqa: F401
import vcr  # noqa: F401

from cochat_devkit.runtime.kit.cassettes import cassette_of

pytest_plugins = ("pytester", "tests.runtime.kit.desk")

ONLINE = """
import aiohttp
import httpx
import requests
from pydantic import BaseModel


class Tools:
    class Valves(BaseModel):
        service_key: str = "the-key-of-the-service"

    def __init__(self):
        self.valves = self.Valves()

    async def by_httpx(self, url: str):
        async with httpx.AsyncClient(timeout=5) as client:
            answer = await client.post(f"{url}&token=secret-in-query", headers=self.headers(), json=self.body())
            return answer.json()["told"]

    async def by_aiohttp(self, url: str):
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as session:
            async with session.post(f"{url}&token=secret-in-query", headers=self.headers(), json=self.body()) as answer:
                return (await answer.json())["told"]

    def by_requests(self, url: str):
        answer = requests.post(f"{url}&token=secret-in-query", headers=self.headers(), json=self.body(), timeout=5)
        return answer.json()["told"]

    def headers(self):
        return {"Authorization": "Bearer secret-in-header", "X-Api-Key": "secret-in-header", "Cookie": "secret-cookie"}

    def body(self):
        return {"password": "secret-in-body", "text": f"my key is {self.valves.service_key}", "max_tokens": 5}

    async def swallows(self, url: str):
        try:
            httpx.get(url, timeout=5)  # here
        except Exception:
            return "nothing"
"""


class _Service(http.server.BaseHTTPRequestHandler):
    """Answer with a token, a cookie, and what it was told."""

    def do_POST(self):
        self.server.asked.append(self.headers["Authorization"])
        time.sleep(0.15)  # the web takes its time, which is not the plugin's
        told = self.rfile.read(int(self.headers["Content-Length"]))
        body = gzip.compress(
            json.dumps(
                {"access_token": "secret-in-answer", "told": "thanks", "heard": json.loads(told)["text"]}
            ).encode()
        )
        self.send_response(200)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            "Content-Length": str(len(body)),
            "Set-Cookie": "session=secret-cookie",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words):
        """Say nothing."""


@pytest.fixture
def service():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Service) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_each_test_has_a_recording_of_its_own():
    """Its name can be read, and no two tests share one."""
    file = Path("plugins/tests/tools/test_a.py")
    assert cassette_of(file, "TestX.test_it[b]") == file.parent / "cassettes/test_a/TestX.test_it[b].yaml"
    names = ["test_it[a/b]", "test_it[a:b]", "test_it[a b]", *("x" * 300 + each for each in "ab")]
    found = [cassette_of(file, each).name for each in names]
    assert len(set(found)) == len(names)
    assert max(map(len, found)) < 120
    assert not any(set("/: ") & set(each) for each in found)


CLIENTS = ("httpx", "aiohttp", "requests")


class TestHttp:
    """The web is recorded when I say so, replayed from then on, and never reached in between."""

    @pytest.mark.parametrize("client", CLIENTS)
    def test_what_was_recorded_is_replayed_without_the_secrets(self, run_pytest, write, tmp_path, service, client):
        url = f"http://127.0.0.1:{service.server_port}/ask?page=1"
        write("plugins/tools/online.py", ONLINE)
        write(
            "plugins/tests/tools/test_online.py",
            f"def test_it(call_tool, http):\n    assert call_tool('by_{client}', url='{url}').value == 'thanks'\n"
            "    assert [each.method for each in http.requests] == ['POST']\n"
            "    assert http.requests[0].headers['authorization'] == 'Bearer secret-in-header'\n"
            "    assert http.requests[0].json['password'] == 'secret-in-body'\n",
        )
        result = run_pytest("-W", "error")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            ["*NotRecorded: POST http://127.0.0.1:*/ask?page=1&token=masked was never recorded in*"]
        )
        assert service.asked == []
        run_pytest("-W", "error", "--record-http").assert_outcomes(passed=1)
        assert service.asked == ["Bearer secret-in-header"]
        cassette = (tmp_path / "plugins/tests/tools/cassettes/test_online/test_it.yaml").read_text(encoding="utf-8")
        assert "secret-" not in cassette
        assert "the-key-of-the-service" not in cassette
        assert "max_tokens" in cassette
        run_pytest("-W", "error").assert_outcomes(passed=1)
        assert len(service.asked) == 1

    def test_a_request_that_was_never_recorded_fails_the_test(self, run_pytest, write):
        """Even where the plugin hears nothing of it."""
        write("plugins/tools/online.py", ONLINE)
        write(
            "plugins/tests/tools/test_online.py",
            "import pytest\n\n\n@pytest.mark.allow_blocking\ndef test_it(call_tool, http):\n"
            "    assert call_tool('swallows', url='https://www.example.org/?key=secret-in-query').value == 'nothing'\n",
        )
        result = run_pytest()
        result.assert_outcomes(failed=1)
        line = ONLINE.splitlines().index(next(each for each in ONLINE.splitlines() if "# here" in each)) + 1
        said = f"plugins/tools/online.py:{line}: GET https://www.example.org/?key=masked was never recorded in "
        where = "plugins/tests/tools/cassettes/test_online/test_it.yaml (pytest --record-http records it)"
        result.stdout.fnmatch_lines([f"{said}{where}"])
        result.stdout.no_fnmatch_line("*secret-in-query was*")

    def test_what_is_asked_is_not_logged_or_shown(self, call_tool, load_plugin, write, http, caplog):
        """pytest prints the log and the values of a test that fails."""
        caplog.set_level("DEBUG")
        load_plugin(write("plugins/tools/online.py", ONLINE))
        http.reply("https://www.example.org/?a=1&token=secret-in-query", json={"told": "hello"}, method="POST")
        call_tool("by_requests", url="https://www.example.org/?a=1")
        said = [each.getMessage() for each in caplog.records if each.name.startswith("vcr")]
        assert "secret-" not in f"{said} {http.requests}"

    @pytest.mark.parametrize("client", CLIENTS)
    def test_an_answer_may_be_mine(self, call_tool, load_plugin, write, http, client):
        load_plugin(write("plugins/tools/online.py", ONLINE))
        http.reply("https://www.example.org/?a=1&token=secret-in-query", json={"told": "hello"}, method="POST")
        values = [call_tool(f"by_{client}", url="https://www.example.org/?a=1").value for _ in range(2)]
        assert (values, len(http.requests)) == (["hello"] * 2, 2)
        assert not http.cassette.exists()
