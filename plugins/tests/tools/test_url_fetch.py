"""What the URL tool promises; no test leaves this machine."""

import asyncio

import httpx
import pytest

#: where the hosts of these tests are, unless they say otherwise
PUBLIC = "93.184.216.34"
PAGE = f"https://{PUBLIC}/"


@pytest.fixture(autouse=True)
def addresses(plugin):
    """Be the name server: hosts and their addresses."""
    known = {}

    async def resolve(host):
        return known.get(host, [PUBLIC])

    plugin.instance.fetcher.resolve = resolve
    return known


@pytest.fixture
def read(call_tool, http):  # noqa: ARG001 - whatever is asked of the web is answered by `http`
    """Read a page as a model does."""
    return lambda url, **arguments: call_tool("fetch_url", url=url, **arguments).text


def test_a_text_is_returned_as_it_is(read, http):
    http.reply(f"{PAGE}notes.txt", text="Grüße")
    assert read("https://example.org/notes.txt") == "Grüße"


def test_html_becomes_plain_text(read, http):
    html = "<title>T</title><style>p{}</style><p>One <b>bold</b>   word<p>Two<script>evil()</script>"
    http.reply(PAGE, text=html, headers={"content-type": "text/html; charset=utf-8"})
    assert read("https://example.org/") == "T\nOne bold word\nTwo"


def test_the_model_chooses_how_much_it_gets(read, http):
    http.reply(PAGE, text="abcdef")
    assert read("https://example.org/", max_characters=3) == "abc"


def test_a_large_page_is_read_only_in_part(plugin, read, http):
    plugin.valves.max_bytes = 10
    http.reply(PAGE, text="x" * 1000)
    assert read("https://example.org/") == "x" * 10


def test_a_compressed_answer_is_refused(read, http):
    http.reply(PAGE, headers={"content-encoding": "gzip"})
    assert "compressed" in read("https://example.org/")


def test_a_picture_is_refused(read, http):
    http.reply(f"{PAGE}cat.png", body=b"\x89PNG", headers={"content-type": "image/png"})
    assert read("https://example.org/cat.png").endswith("image/png is not text")


def test_a_missing_page_is_told(read, http):
    http.reply(f"{PAGE}gone", status=404)
    assert read("https://example.org/gone") == (
        "Could not read https://example.org/gone: the server answered 404 Not Found"
    )


INSIDE = ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "224.0.0.1", "::1", "fe80::1%eth0", "fd00::1"]
AROUND_THE_CHECK = ["::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"]


@pytest.mark.parametrize("address", [*INSIDE, *AROUND_THE_CHECK])
def test_addresses_inside_the_network_are_refused(read, http, addresses, address):
    addresses["intranet.example"] = [address]
    assert read("http://intranet.example/") == (
        "Could not read http://intranet.example/: intranet.example is not a public address"
    )
    assert http.requests == []


def test_one_private_address_among_public_ones_is_enough_to_refuse(read, addresses):
    addresses["both.example"] = [PUBLIC, "10.0.0.1"]
    assert "not a public address" in read("http://both.example/")


def test_the_request_goes_to_the_address_that_was_checked(read, http):
    http.reply(f"https://{PUBLIC}:8443/", text="fine")
    assert read("https://example.org:8443/") == "fine"
    assert [each.headers["host"] for each in http.requests] == ["example.org:8443"]


def test_the_certificate_is_that_of_the_name(plugin, call_tool):
    asked = []

    def answer(request):
        asked.append(request.extensions["sni_hostname"])
        return httpx.Response(200, stream=httpx.ByteStream(b"fine"), headers={"content-type": "text/plain"})

    plugin.instance.fetcher.transport = httpx.MockTransport(answer)
    assert call_tool("fetch_url", url="https://example.org/").text == "fine"
    assert asked == ["example.org"]


def test_redirects_are_followed(read, http):
    http.reply(f"{PAGE}old", status=302, headers={"location": "/new"})
    http.reply(f"{PAGE}new", text="here")
    assert read("https://example.org/old") == "here"


def test_a_redirect_into_the_network_is_refused(read, http, addresses):
    http.reply(PAGE, status=302, headers={"location": "http://inside.example/"})
    addresses["inside.example"] = ["192.168.0.1"]
    assert "inside.example is not a public address" in read("https://example.org/")


def test_redirects_end_somewhere(read, http):
    http.reply(PAGE, status=302, headers={"location": "/"})
    assert "more than 5 redirects" in read("https://example.org/")
    assert len(http.requests) == 6


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/", "example.org", "http://", ""])
def test_only_web_addresses_are_read(read, http, url):
    assert read(url).startswith(f"Could not read {url}: ")
    assert http.requests == []


def test_a_slow_page_is_given_up(plugin, call_tool):
    async def never(_request):
        await asyncio.Event().wait()

    plugin.instance.fetcher.transport = httpx.MockTransport(never)
    plugin.valves.timeout_s = 0.01
    told = call_tool("fetch_url", url="https://example.org/").text
    assert told == "Could not read https://example.org/: no answer within 0.01 seconds"


def test_people_see_what_is_read_and_where_it_came_from(read, http, events):
    http.reply(PAGE, text="text")
    read("https://example.org/")
    events.assert_sequence(
        [
            {"type": "status", "data": {"done": False}},
            {"type": "status", "data": {"done": True}},
            {"type": "citation", "data": {"source": {"url": "https://example.org/"}}},
        ]
    )


def test_the_model_is_offered_one_tool(plugin):
    assert list(plugin.specs) == ["fetch_url"]


def test_the_model_reads_a_page_and_answers(chat, model, http):
    http.reply(PAGE, text="It opens at nine.")
    model.calls("fetch_url", url="https://example.org/")
    model.says("At nine.")
    turn = chat("When does it open?")
    assert turn.text.endswith("At nine.")
    assert model.requests[1]["messages"][-1]["content"] == "It opens at nine."
    assert turn.messages[-1]["sources"][0]["source"]["url"] == "https://example.org/"
