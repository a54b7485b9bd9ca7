"""What the Markdown tool promises."""

import json

import pytest

HANDBOOK = """\
# Handbook

Welcome to all.

## Install it ##

```sh
# not a heading
make install
```

### On Windows

Use WSL.

## Use

Run it.

## Use
"""


@pytest.fixture
def outline(call_tool):
    return lambda document: call_tool("outline", document=document).value


def test_the_outline_lists_headings_with_line_and_length(outline):
    assert outline(HANDBOOK) == [
        {"level": 1, "title": "Handbook", "line": 1, "words": 26},
        {"level": 2, "title": "Install it", "line": 5, "words": 13},
        {"level": 3, "title": "On Windows", "line": 12, "words": 2},
        {"level": 2, "title": "Use", "line": 16, "words": 2},
        {"level": 2, "title": "Use", "line": 20, "words": 0},
    ]


def test_the_model_reads_the_outline_as_json(call_tool):
    assert json.loads(call_tool("outline", document="# One").text) == {
        "results": [{"level": 1, "title": "One", "line": 1, "words": 0}]
    }


def test_a_section_comes_with_what_is_below_it(call_tool):
    section = call_tool("section", document=HANDBOOK, title="Install it").text
    assert section.startswith("## Install it ##\n\n```sh\n")
    assert section.endswith("### On Windows\n\nUse WSL.\n")


@pytest.mark.parametrize("title", ["on windows", "### On Windows", "  ON WINDOWS "])
def test_a_section_is_found_however_its_title_is_written(call_tool, title):
    assert call_tool("section", document=HANDBOOK, title=title).text == "### On Windows\n\nUse WSL.\n"


def test_a_missing_section_names_those_that_exist(call_tool):
    answer = call_tool("section", document="# One\n# Two\n", title="Three")
    assert answer.text == "There is no section 'Three'. Sections: 'One', 'Two'"


def test_the_table_of_contents_links_as_github_does(call_tool):
    assert call_tool("table_of_contents", document=HANDBOOK).text == (
        "- [Handbook](#handbook)\n"
        "  - [Install it](#install-it)\n"
        "    - [On Windows](#on-windows)\n"
        "  - [Use](#use)\n"
        "  - [Use](#use-1)\n"
    )


def test_deep_headings_may_be_left_out(call_tool):
    """A model may say the number as a text; the server mends that."""
    assert "On Windows" not in call_tool("table_of_contents", document=HANDBOOK, max_level="2").text


@pytest.mark.parametrize("text", ["", "plain", "#hashtag", "    # code", "####### seven", "`# x`"])
def test_what_is_no_heading_is_not_listed(outline, text):
    assert outline(text) == []


def test_a_fence_ends_only_with_its_like(outline):
    document = "~~~~\n# a\n~~~\n# b\n```\n# c\n~~~~\n# D\n"
    assert [heading["title"] for heading in outline(document)] == ["D"]


def test_line_ends_of_windows_are_fine(outline):
    assert [heading["title"] for heading in outline("# A\r\ntext\r\n## B #\r\n")] == ["A", "B"]


def test_the_model_is_offered_three_tools(plugin):
    assert list(plugin.specs) == ["outline", "section", "table_of_contents"]
    assert plugin.specs["section"]["parameters"]["required"] == ["document", "title"]


def test_the_model_finds_its_way(chat, model):
    model.calls("section", document=HANDBOOK, title="Use")
    model.says("Run it.")
    assert chat("How do I use it?").text.endswith("Run it.")
    assert model.requests[1]["messages"][-1]["content"] == "## Use\n\nRun it.\n"
