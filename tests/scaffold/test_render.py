"""A new plugin starts from a template: ours, or the workspace's own."""

from __future__ import annotations

import pytest

from cochat_devkit.errors import TemplateError
from cochat_devkit.scaffold import available_templates, packaged_templates_dir, render_scaffold, shipped_plugins_dir

PLACES = {
    "tool": ("plugins/tools/sample.py", "plugins/tests/tools/test_sample.py"),
    "filter": ("plugins/filters/sample.py", "plugins/tests/filters/test_sample.py"),
    "pipe": ("plugins/pipes/sample.py", "plugins/tests/pipes/test_sample.py"),
    "action": ("plugins/actions/sample.py", "plugins/tests/actions/test_sample.py"),
}


def render(*dirs, type_name="tool", slug="sample", title="A Sample", author="Ada"):
    return render_scaffold(type_name, slug, title=title, author=author, template_dirs=dirs)


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("type_name", sorted(PLACES))
def test_a_scaffold_is_a_plugin_and_its_test(type_name):
    """I get a plugin under its id, with my title and name in it, and a test in the place where tests belong."""
    rendered = render(packaged_templates_dir(), type_name=type_name)
    assert tuple(sorted(rendered)) == tuple(sorted(PLACES[type_name]))
    assert rendered[PLACES[type_name][0]].startswith('"""\ntitle: A Sample\nauthor: Ada\nversion: 0.1.0\n')
    assert not any("{{" in text or "jinja" in text for text in rendered.values())


def test_all_packaged_scaffolds_are_known():
    """The kit has a scaffold for each type that it has a test for here."""
    assert available_templates([packaged_templates_dir()]) == tuple(sorted(PLACES))


def test_my_own_templates_win(tmp_path):
    """A folder in my workspace replaces the packaged one of the same name, and no other."""
    mine = write(tmp_path, {"tool/plugins/tools/{{ id }}.py.jinja": "x = {{ title | literal }}\n"})
    dirs = (mine, packaged_templates_dir())
    assert render(*dirs, title='say "hi"') == {"plugins/tools/sample.py": 'x = "say \\"hi\\""\n'}
    assert set(render(*dirs, type_name="filter")) == set(PLACES["filter"])


def test_files_without_the_suffix_are_templates_too(tmp_path):
    """A file keeps its name but for the suffix."""
    mine = write(tmp_path, {"tool/notes/{{ id }}.md": "# {{ title }}"})
    assert render(mine) == {"notes/sample.md": "# A Sample"}


def test_an_unknown_scaffold_names_the_known_ones():
    """A typing mistake is answered with what there is."""
    with pytest.raises(TemplateError, match="no scaffold named 'tol'") as raised:
        render(packaged_templates_dir(), type_name="tol")
    assert raised.value.hint == "scaffolds: action, filter, pipe, tool"


def test_a_scaffold_is_a_folder_of_its_own(tmp_path):
    """A name that climbs out of the templates finds nothing."""
    write(tmp_path, {"secret/a.txt": "x", "templates/tool/a.txt": "x"})
    for name in ("../secret", "", ".", "tool/.."):
        with pytest.raises(TemplateError, match="no scaffold named"):
            render(tmp_path / "templates", type_name=name)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("line one\n{{ unknown }}\n", "'unknown' is undefined"),
        ("line one\n{% if %}\n", ":2: "),
        ("{{ id.__class__.__mro__ }}", "unsafe"),
        ("{{ 1 / 0 }}", "division by zero"),
    ],
)
def test_a_broken_template_is_named(tmp_path, text, complaint):
    """I read which of my template files is at fault, and why."""
    mine = write(tmp_path, {"tool/a.txt.jinja": text})
    with pytest.raises(TemplateError) as raised:
        render(mine)
    assert complaint in raised.value.message
    assert "a.txt.jinja" in raised.value.message


def test_a_template_that_is_no_text_is_named(tmp_path):
    """A picture among the templates is an error with its name."""
    (tmp_path / "tool").mkdir()
    (tmp_path / "tool" / "logo.png").write_bytes(b"\x89PNG\xff")
    with pytest.raises(TemplateError, match=r"logo\.png cannot be read"):
        render(tmp_path)


@pytest.mark.parametrize("slug", ["../../escape", "a/../../b", "..\\up", "/etc/passwd"])
def test_no_file_leaves_the_workspace(tmp_path, slug):
    """A hostile id does not write elsewhere."""
    mine = write(tmp_path, {"tool/{{ id }}": "x"})
    with pytest.raises(TemplateError, match="leaves the workspace"):
        render(mine, slug=slug)


@pytest.mark.parametrize("title", ['has """ in it', "two\nlines", "back\\slash"])
def test_a_title_must_fit_into_the_frontmatter(title):
    """A title that would break the frontmatter is refused before anything is written."""
    with pytest.raises(TemplateError, match="cannot stand in a frontmatter"):
        render(packaged_templates_dir(), title=title)


def test_the_examples_are_found():
    """The example plugins come with the kit."""
    assert (shipped_plugins_dir() / "tools" / "url_fetch.py").is_file()
