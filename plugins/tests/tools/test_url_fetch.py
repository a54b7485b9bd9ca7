"""What the URL tool promises; no test leaves this machine."""

import asyncio

import httpx
import pytest

PUBLIC = "93.184.216.34"


class Web:
    """A little internet: pages by URL, and the addresses of its hosts."""

    def __init__(self, plugin):
        self.plugin = plugin
        self.pages = {}
        self.addresses = {}
        self.requests = []
        plugin.instance.fetcher.transport = httpx.MockTransport(self.answer)
        plugin.instance.fetcher.resolve = self.resolve

    def answer(self, request):
        self.requests.append(request)
        url = f"{request.url.scheme}://{request.headers['host']}{request.url.path}"
        return self.pages.get(url) or httpx.Response(404)

    async def resolve(self, host):
        return self.addresses.get(host, [PUBLIC])

    def read(self, url, **arguments):
        return asyncio.run(self.plugin.instance.fetch_url(url, **arguments))


@pytest.fixture
def web(load_plugin):
    return Web(load_plugin("plugins/tools/url_fetch.py"))


def page(content, media_type="text/plain", **more):
    return httpx.Response(200, stream=httpx.ByteStream(content), headers={"content-type": media_type, **more})


def test_a_text_is_returned_as_it_is(web):
    web.pages["https://example.org/notes.txt"] = page("Grüße".encode())
    assert web.read("https://example.org/notes.txt") == "Grüße"


def test_html_becomes_plain_text(web):
    html = b"<title>T</title><style>p{}</style><p>One <b>bold</b>   word<p>Two<script>evil()</script>"
    web.pages["https://example.org/"] = page(html, "text/html; charset=utf-8")
    assert web.read("https://example.org/") == "T\nOne bold word\nTwo"


def test_the_model_chooses_how_much_it_gets(web):
    web.pages["https://example.org/"] = page(b"abcdef")
    assert web.read("https://example.org/", max_characters=3) == "abc"


def test_a_large_page_is_read_only_in_part(web):
    web.plugin.valves.max_bytes = 10
    web.pages["https://example.org/"] = page(b"x" * 1000)
    assert web.read("https://example.org/") == "x" * 10


def test_a_compressed_answer_is_refused(web):
    web.pages["https://example.org/"] = page(b"", **{"content-encoding": "gzip"})
    assert "compressed" in web.read("https://example.org/")


def test_a_picture_is_refused(web):
    web.pages["https://example.org/cat.png"] = page(b"\x89PNG", "image/png")
    assert web.read("https://example.org/cat.png").endswith("image/png is not text")


def test_a_missing_page_is_told(web):
    told = web.read("https://example.org/gone")
    assert told == "Could not read https://example.org/gone: the server answered 404 Not Found"


INSIDE = ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "224.0.0.1", "::1", "fe80::1%eth0", "fd00::1"]
AROUND_THE_CHECK = ["::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"]


@pytest.mark.parametrize("address", [*INSIDE, *AROUND_THE_CHECK])
def test_addresses_inside_the_network_are_refused(web, address):
    web.addresses["intranet.example"] = [address]
    assert web.read("http://intranet.example/") == (
        "Could not read http://intranet.example/: intranet.example is not a public address"
    )
    assert web.requests == []


def test_one_private_address_among_public_ones_is_enough_to_refuse(web):
    web.addresses["both.example"] = [PUBLIC, "10.0.0.1"]
    assert "not a public address" in web.read("http://both.example/")


def test_the_request_goes_to_the_address_that_was_checked(web):
    web.pages["https://example.org:8443/"] = page(b"fine")
    assert web.read("https://example.org:8443/") == "fine"
    (request,) = web.requests
    assert request.url.host == PUBLIC
    assert request.headers["host"] == "example.org:8443"
    assert request.extensions["sni_hostname"] == "example.org"


def test_redirects_are_followed(web):
    web.pages["https://example.org/old"] = httpx.Response(302, headers={"location": "/new"})
    web.pages["https://example.org/new"] = page(b"here")
    assert web.read("https://example.org/old") == "here"


def test_a_redirect_into_the_network_is_refused(web):
    web.pages["https://example.org/"] = httpx.Response(302, headers={"location": "http://inside.example/"})
    web.addresses["inside.example"] = ["192.168.0.1"]
    assert "inside.example is not a public address" in web.read("https://example.org/")


def test_redirects_end_somewhere(web):
    web.pages["https://example.org/"] = httpx.Response(302, headers={"location": "/"})
    assert "more than 5 redirects" in web.read("https://example.org/")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/", "example.org", "http://", ""])
def test_only_web_addresses_are_read(web, url):
    assert web.read(url).startswith(f"Could not read {url}: ")
    assert web.requests == []


def test_a_slow_page_is_given_up(web):
    async def never(_request):
        await asyncio.Event().wait()

    web.plugin.instance.fetcher.transport = httpx.MockTransport(never)
    web.plugin.valves.timeout_s = 0.01
    assert web.read("https://example.org/") == "Could not read https://example.org/: no answer within 0.01 seconds"


def test_people_see_what_is_read_and_where_it_came_from(web):
    events = []

    async def emit(event):
        events.append(event)

    web.pages["https://example.org/"] = page(b"text")
    web.read("https://example.org/", __event_emitter__=emit)
    assert [event["type"] for event in events] == ["status", "status", "citation"]
    assert [event["data"]["done"] for event in events[:2]] == [False, True]
    assert events[2]["data"]["source"]["url"] == "https://example.org/"


def test_the_model_is_offered_one_tool(web):
    assert list(web.plugin.specs) == ["fetch_url"]
