"""Texts of strangers as HTML: nothing in them runs, is fetched, or looks other than it is."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cochat_devkit.web.formatted import highlight, is_picture, language_of, markdown, to_readable_json

#: pieces from which nasty texts are put together: half of a trick in one may meet the other half in the next
PIECES = (
    *("<script>", "</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<iframe src=", "<style>", ">"),
    *("<a href='javascript:alert(1)'>", "<b onmouseover=a>", "<!--", "-->", "<![CDATA[", "]]>", "<?php ?>", "</pre>"),
    *(
        "[x](javascript:alert(1))",
        "[x](JaVa\tScript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](\x01javascript:1)",
    ),
    *("[x](data:text/html,<script>1</script>)", "[x](vbscript:1)", "[x](file:///etc/passwd)", "<javascript:alert(1)>"),
    *(
        "![x](http://evil.test/i.png)",
        "![x](data:image/svg+xml,<svg>)",
        "[x][r]",
        "[r]: javascript:alert(1)\n",
        "](",
        "[",
    ),
    *('[x](http://a.test "\' onclick=alert(1) ")', "http://a.test", '<http://a.test/"onclick=1>', "&lt;script&gt;"),
    *('```"><script>\n', "~~~js onload=1\n", "```", "`", "**", "~~", "# ", "- ", "1. ", "> ", "    ", "\n", "\n\n"),
    *(
        "| a | b |\n|:-:|--:|\n| <i> | x |\n",
        "|",
        "\\",
        "\u202e",
        "\u2028",
        "\0",
        "\ud7ff",
        "日历",
        "a",
        " ",
        "\t",
        "&",
    ),
)
NASTY = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=60)
OF_MARKDOWN = {
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "s", "a"),
    *("hr", "br", "table", "thead", "tbody", "tr", "th", "td", "span"),
}
OF_SOURCES = {"div", "pre", "span", "a"}
HARMLESS = {"href", "title", "class", "start", "id", "name", "tabindex"}
SCHEMES = ("http:", "https:", "mailto:")


class Elements(HTMLParser):
    """Read the elements of a text as a browser would."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        # a `Markup` would escape what it is cut into
        self.feed(str(html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def faults_of(html: str, tags: set[str]) -> list[str]:
    """Name what could do something."""
    faults = []
    for tag, attributes in Elements(html).found:
        link = "".join(each for each in (attributes.get("href") or "").lower() if each > " ")
        scheme = (
            link.partition(":")[0] + ":" if ":" in link.partition("/")[0].partition("?")[0].partition("#")[0] else ""
        )
        if tag not in tags or not HARMLESS.issuperset(attributes) or (scheme and scheme not in SCHEMES):
            faults.append(f"{tag} {attributes}")
    return faults


@given(NASTY)
@example("[x](java\nscript:alert(1))")
@example("| a |\n|:-:|\n| b |")
def test_markdown_never_does_anything(text):
    """Whoever writes a prompt cannot make the page of its reader run, fetch or style anything."""
    assert faults_of(markdown(text), OF_MARKDOWN) == []


@given(NASTY, st.sampled_from(["python", "markdown", "diff", "html", "javascript", "no such language"]), st.booleans())
def test_sources_never_do_anything(text, language, has_anchors):
    """Whoever writes a plugin cannot, either."""
    assert faults_of(highlight(text, language, "L" if has_anchors else ""), OF_SOURCES) == []


@given(NASTY)
def test_a_source_is_shown_as_it_is(text):
    """No character of a source is lost on its way to the page, but for what a browser cannot show."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    shown = Elements(highlight(plain, "python", "")).text
    assert shown.rstrip("\n") == plain.rstrip("\n")


@pytest.mark.parametrize("text", PIECES)
def test_each_trick_by_itself_fails(text):
    """None of the known tricks works, in a text or in a source."""
    assert faults_of(markdown(text), OF_MARKDOWN) == faults_of(highlight(text, "html"), OF_SOURCES) == []


def test_planted_faults_are_found():
    """The eyes of these tests are open: each sort of harm is seen where it is."""
    for html in (
        "<script>1</script>",
        '<p onclick="1">',
        '<a href="java\tscript:1">',
        '<img src="http://a.test">',
        '<td style="x">',
        '<a href="data:text/html,1">',
    ):
        assert faults_of(html, OF_MARKDOWN), html
    assert faults_of('<a href="a/b:c">x</a><a href="#x:y">', OF_MARKDOWN) == []


def test_code_within_a_text_is_coloured():
    """What stands between fences looks like a source, in a language that is known."""
    found = Elements(markdown("```python\ndef f(): pass\n```\n\n```unheard\n<b>\n```")).found
    assert ("span", {"class": "k"}) in found
    assert [each for tag, each in found if tag == "code"] == [
        {"class": "language-python"},
        {"class": "language-unheard"},
    ]


def test_lines_of_a_source_can_be_led_to():
    """A link to a line of a source finds it, and the keyboard does not stop at each line."""
    found = Elements(highlight("a = 1\nb = 2\n", "python")).found
    assert [each["id"] for _tag, each in found if "id" in each] == ["L-1", "L-2"]
    assert {each.get("tabindex") for tag, each in found if tag == "a" and "href" in each} == {"-1"}
    assert found[0] == ("div", {"class": "source", "tabindex": "0"})


def test_what_is_very_long_is_shown_and_not_worked_on():
    """A text of megabytes is there at once, without colours."""
    long = "# *a*\n" * 100_000
    assert Elements(highlight(long, "python", "")).found[1:] == [("pre", {}), ("span", {})]
    assert [tag for tag, _attributes in Elements(markdown(long)).found] == ["pre"]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("data:image/png;base64,iVBORw0KGgo=", True),
        ("data:image/svg+xml;base64,PHN2Zz4=", True),
        ("data:image/svg+xml,<svg onload=alert(1)>", True),
        ("data:image/svg+xml;charset=utf-8;base64,PHN2Zz4=", True),
        ("data:text/html,<script>", False),
        ("data:image/png", False),
        (" data:image/png;base64,x", False),
        ("https://evil.test/a.png", False),
        ("/static/favicon.png", False),
        ("javascript:alert(1)", False),
    ],
)
def test_only_bytes_are_pictures(text, is_one):
    """A picture is shown where its bytes stand in the text; an address is never fetched."""
    assert is_picture(text) is is_one


def test_what_has_no_end_is_not_followed():
    """A value that is nested thousands deep has a page all the same."""
    deep: list[object] = []
    for _ in range(5_000):
        deep = [deep]
    assert to_readable_json(deep) == "…"
    assert to_readable_json({"a": "日历"}) == '{\n  "a": "日历"\n}'


def test_a_file_is_coloured_by_its_name():
    """A skill's script looks like one, and what nobody knows like a text."""
    assert [language_of(each) for each in ("a.py", "b/c.sh", "x.unheard", "a.pl", "")] == [
        *("python", "bash", "text", "text", "text")
    ]


@pytest.mark.parametrize(
    ("address", "is_link"),
    [
        *((each, True) for each in ("https://a.test/x", "http://a.test", "HTTPS://a.test", "mailto:a@b.test")),
        *((each, False) for each in ("x", "../x", "/en/index.html", "#top", "?q=1", "//a.test/x", "index.html")),
        *(
            (each, False)
            for each in ("javascript:1", "data:text/html,1", "file:///etc/passwd", "ftp://a.test", "tel:1")
        ),
    ],
)
def test_a_link_leads_elsewhere_or_is_text(address: str, *, is_link: bool) -> None:
    """A text of a server's cannot lead me among the pages here: such a link is shown as it was written."""
    html = str(markdown(f"See [the guide]({address}) and [again][one].\n\n[one]: <{address}>"))
    assert html.count("<a ") == (2 if is_link else 0)
    assert ("[the guide](" in html) is not is_link
