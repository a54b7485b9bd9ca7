"""`cochat show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cochat_devkit.cli import render
from cochat_devkit.cli.options import complete_refs, json_option, target_option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.kinds.specs import Method
    from cochat_devkit.operations.attached import AttachedFile
    from cochat_devkit.operations.ls import Shown, Text


def _complete_files(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Offer the further files of the resource."""
    from cochat_devkit.operations.completion import files_known

    # behind an option that lacks its value click has not told arguments apart yet
    ref = context.params.get("ref") or next(iter(context.args), "")
    return [name for name in files_known(ref) if name.startswith(incomplete)]


@click.command("show")
@click.argument("ref", shell_complete=complete_refs)
@click.option("--source", is_flag=True, help="Print the source alone.")
@click.option(
    "--file",
    "file",
    metavar="NAME",
    shell_complete=_complete_files,
    help="Print one of its further files alone: of a knowledge base, a skill.",
)
@target_option
@json_option
def command(ref: str, **options: Any) -> None:
    """Show one resource, offline: what the file says, or what the server showed last.

    Where a terminal reads it, Markdown is set and source is coloured; a file or pipe gets the text as it is.

    \b
    Examples:
      cochat show tool/web_search
      cochat show filter/billing_filter --source > billing.py
      cochat show knowledge/team-handbook --file welcome.md
      cochat show tool/web_search@2
    """
    from cochat_devkit.config import read_config
    from cochat_devkit.errors import UsageError
    from cochat_devkit.operations.attached import list_files
    from cochat_devkit.operations.ls import show, text_of

    if options["file"] is not None and (options["source"] or _is_of_the_past(ref)):
        raise UsageError("--source and --file are two things, and --file shows what is there now", hint="name one")
    if _is_of_the_past(ref):
        _show_past(ref, options)
        return
    config = read_config()
    shown, text = show(config, ref, target=options["target"]), text_of(ref)
    if options["file"] is not None:
        _show_file(config, shown, options["file"], as_json=options["as_json"])
        return
    if options["source"] and not options["as_json"]:
        render.out_exact(str(shown.body.get(text.name, "")))
        return
    files = list_files(config, shown)
    if options["as_json"]:
        facts = {**shown.line._asdict(), "body": shown.body, "derived": shown.derived}
        listed = {"files": [each._asdict() for each in files]}
        render.out_json({"command": "show", "ok": True, "exit_code": 0, **facts, **listed})
        return
    _show_all(shown, text, files)


def _is_of_the_past(ref: str) -> bool:
    if "@" not in ref:
        # what reads the past takes long to load
        return False
    from cochat_devkit.operations.log import is_of_the_past

    return is_of_the_past(ref)


def _show_all(shown: Shown, text: Text, files: Sequence[AttachedFile]) -> None:
    from cochat_devkit.kinds.specs import methods_in
    from cochat_devkit.operations.attached import size_in_words

    apart = (text.name, "files") if files else (text.name,)
    render.out(f"{render.paint_out(shown.line.ref, 'cyan')}  {shown.line.state}")
    _show_facts(
        {
            "file": shown.line.path,
            "version": shown.line.version,
            "updated": shown.line.updated_at,
            **{name: value for name, value in shown.body.items() if name not in apart},
        }
    )
    if files:
        render.out("files")
        sizes = [
            [each.name, "not here" if each.size_bytes is None else size_in_words(each.size_bytes)] for each in files
        ]
        for row in render.columns(sizes):
            render.out(f"  {row}")
    methods = [*methods_in(shown.derived)]
    if methods:
        render.out("what the model sees")
    for method in methods:
        render.out(f"  {_signature(method)}")
    if text.name in shown.body:
        _show_text(str(shown.body[text.name]), text.language)
    elif not shown.body:
        render.err("the server does not show its body to you")
    if render.is_read():
        render.err(f"what it uses and what uses it: cochat deps {shown.line.ref}")


def _show_facts(facts: Mapping[str, Any]) -> None:
    told = [[name, render.tame(_to_words(value))] for name, value in facts.items() if value not in (None, "", {}, [])]
    for row in render.columns(told):
        render.out(row)


def _to_words(value: Any) -> str:
    is_words = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return ", ".join(value) if is_words else str(value)


def _show_text(text: str, language: str) -> None:
    render.out("")
    if language == "markdown":
        render.out_markdown(text)
    else:
        render.out_source(text, language=language)


def _show_file(config: Config, shown: Shown, name: str, *, as_json: bool) -> None:
    from cochat_devkit.operations.attached import read_shown_file

    content = read_shown_file(config, shown, name)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = None
    if as_json:
        facts = {"ref": shown.line.ref, "file": name, "size_bytes": len(content), "text": text}
        render.out_json({"command": "show", "ok": True, "exit_code": 0, **facts})
    elif text is None:
        render.out_bytes(content)
    else:
        render.out_exact(text)


def _signature(method: Method) -> str:
    """Write a method as people read one: name, parameters with their types, the first line of the description."""
    # what must be given stands before what may be
    needed_first = sorted(method.parameters, key=lambda each: not each.is_required)
    parameters = ", ".join(f"{each.name}{'' if each.is_required else '?'}: {each.type}" for each in needed_first)
    said = method.description.strip().split("\n")[0]
    return f"{method.name or '?'}({parameters})" + (f" — {said}" if said else "")


def _show_past(ref: str, options: dict[str, Any]) -> None:
    from cochat_devkit.config import read_config
    from cochat_devkit.operations.log import body_of_old
    from cochat_devkit.operations.ls import text_of

    text = text_of(ref)
    _ref, entry, body = body_of_old(read_config(), ref, target=options["target"])
    facts = {"at": entry.at.isoformat(timespec="seconds"), "origin": str(entry.origin), "version": entry.version}
    if options["as_json"]:
        said = {"message": entry.message, "is_gone": entry.digest is None, "body": body}
        render.out_json({"command": "show", "ok": True, "exit_code": 0, "ref": ref, **facts, **said})
        return
    if options["source"]:
        render.out_exact(str(body.get(text.name, "")))
        return
    render.out(render.paint_out(ref, "cyan"))
    _show_facts({**facts, "message": entry.message, **{k: v for k, v in body.items() if k != text.name}})
    if text.name in body:
        _show_text(str(body[text.name]), text.language)
    elif entry.digest is None:
        render.err("it was gone")
