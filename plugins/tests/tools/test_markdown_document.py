"""What the Markdown tool promises."""

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
def tool(load_plugin):
    return load_plugin("plugins/tools/markdown_document.py").instance


def test_the_outline_lists_headings_with_line_and_length(tool):
    assert tool.outline(HANDBOOK) == [
        {"level": 1, "title": "Handbook", "line": 1, "words": 26},
        {"level": 2, "title": "Install it", "line": 5, "words": 13},
        {"level": 3, "title": "On Windows", "line": 12, "words": 2},
        {"level": 2, "title": "Use", "line": 16, "words": 2},
        {"level": 2, "title": "Use", "line": 20, "words": 0},
    ]


def test_a_section_comes_with_what_is_below_it(tool):
    section = tool.section(HANDBOOK, "Install it")
    assert section.startswith("## Install it ##\n\n```sh\n")
    assert section.endswith("### On Windows\n\nUse WSL.\n")


@pytest.mark.parametrize("title", ["on windows", "### On Windows", "  ON WINDOWS "])
def test_a_section_is_found_however_its_title_is_written(tool, title):
    assert tool.section(HANDBOOK, title) == "### On Windows\n\nUse WSL.\n"


def test_a_missing_section_names_those_that_exist(tool):
    assert tool.section("# One\n# Two\n", "Three") == "There is no section 'Three'. Sections: 'One', 'Two'"


def test_the_table_of_contents_links_as_github_does(tool):
    assert tool.table_of_contents(HANDBOOK) == (
        "- [Handbook](#handbook)\n"
        "  - [Install it](#install-it)\n"
        "    - [On Windows](#on-windows)\n"
        "  - [Use](#use)\n"
        "  - [Use](#use-1)\n"
    )


def test_deep_headings_may_be_left_out(tool):
    assert "On Windows" not in tool.table_of_contents(HANDBOOK, max_level=2)


@pytest.mark.parametrize("text", ["", "plain", "#hashtag", "    # code", "####### seven", "`# x`"])
def test_what_is_no_heading_is_not_listed(tool, text):
    assert tool.outline(text) == []


def test_a_fence_ends_only_with_its_like(tool):
    document = "~~~~\n# a\n~~~\n# b\n```\n# c\n~~~~\n# D\n"
    assert [heading["title"] for heading in tool.outline(document)] == ["D"]


def test_line_ends_of_windows_are_fine(tool):
    assert [heading["title"] for heading in tool.outline("# A\r\ntext\r\n## B #\r\n")] == ["A", "B"]


def test_the_model_is_offered_three_tools(load_plugin):
    specs = load_plugin("plugins/tools/markdown_document.py").specs
    assert list(specs) == ["outline", "section", "table_of_contents"]
    assert specs["section"]["parameters"]["required"] == ["document", "title"]
