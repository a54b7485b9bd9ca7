"""Texts of somebody who wants more than to be read, and a server on which everything bears one."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cochat_devkit.operations.serve import running_server
from tests.contract.stage import FUNCTIONS, TOOLS, make_client, read_json
from tests.desk import make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.desk import Desk

_RUN = "window.__hit=1"
_PICTURE = f"<svg xmlns='http://www.w3.org/2000/svg' onload='{_RUN}'><script>{_RUN}</script></svg>"
_ELSEWHERE = "http://evil.test"
_SVG = "<svg xmlns='http://www.w3.org/2000/svg'>"
_DRAWN = (
    _PICTURE,
    f"{_SVG}<image href='{_ELSEWHERE}/x.png' width='9' height='9'/></svg>",
    f"{_SVG}<style>@import '{_ELSEWHERE}/x.css';</style></svg>",
    f"{_SVG}<foreignObject><iframe xmlns='http://www.w3.org/1999/xhtml' src='{_ELSEWHERE}'/></foreignObject></svg>",
)
_ALL = (
    # elements that run, in every spelling that a parser forgives
    f"<script>{_RUN}</script>",
    f"<ScRiPt>{_RUN}</sCrIpT>",
    f"<script\n>{_RUN}</script\t\n>",
    f"<script/x>{_RUN}</script/x>",
    f"<<script>script>{_RUN}<</script>/script>",
    f"<scr<script>ipt>{_RUN}</scr</script>ipt>",
    f"</title><script>{_RUN}</script>",
    f"</script><script>{_RUN}</script>",
    f"</textarea></style></noscript></template><script>{_RUN}</script>",
    f"--><script>{_RUN}</script><!--",
    f"]]><script>{_RUN}</script>",
    f"<script src={_ELSEWHERE}/x.js></script>",
    f"<script src=data:text/javascript,{_RUN}></script>",
    # attributes that run
    f"<img src=x onerror={_RUN}>",
    f"<img/src=x/onerror={_RUN}//",
    f"<svg onload={_RUN}>",
    f"<svg><animate onbegin={_RUN} attributeName=x dur=1s>",
    f"<body onload={_RUN}>",
    f"<input autofocus onfocus={_RUN}>",
    f"<details open ontoggle={_RUN}>x</details>",
    f'" autofocus onfocus="{_RUN}" x="',
    f"' autofocus onfocus='{_RUN}' x='",
    f'"><img src=x onerror={_RUN}>',
    f"` onmouseover={_RUN} x=`",
    f"x onclick={_RUN} style=position:fixed;inset:0",
    # links that run, in Markdown and in HTML
    f"[run](javascript:{_RUN})",
    f"[run](JaVaScRiPt&colon;{_RUN})",
    f"[run](java\tscript:{_RUN})",
    f"[run](&#106;avascript:{_RUN})",
    f"[run](vbscript:{_RUN})",
    f"[run](data:text/html;base64,{base64.b64encode(f'<script>{_RUN}</script>'.encode()).decode()})",
    f"<javascript:{_RUN}>",
    f"![run](javascript:{_RUN})",
    f"![seen]({_ELSEWHERE}/seen.png)",
    f'[run](x "onmouseover={_RUN} ")',
    f"<a href='javascript:{_RUN}'>run</a>",
    # what fetches, frames, sends away or restyles
    f"<iframe src=javascript:{_RUN}></iframe>",
    f"<object data=data:text/html,<script>{_RUN}</script>></object><embed src={_ELSEWHERE}>",
    f"<meta http-equiv=refresh content='0;url={_ELSEWHERE}'>",
    f"<base href={_ELSEWHERE}/>",
    f"<form action={_ELSEWHERE}><button formaction=javascript:{_RUN}>send</button></form>",
    f"<link rel=stylesheet href={_ELSEWHERE}/x.css><style>*{{background:url({_ELSEWHERE}/s)}}</style>",
    f"<svg><foreignObject><body xmlns='http://www.w3.org/1999/xhtml' onload={_RUN}></foreignObject></svg>",
    f"<svg><use href=data:image/svg+xml;base64,{base64.b64encode(_PICTURE.encode()).decode()}#x></svg>",
    # what templates, terminals and readers make of it
    "{{7*7}}{% for x in (1, 2) %}49{% endfor %}{{ self.__init__.__globals__ }}${7*7}#{7*7}",
    "{t.__globals__}{0.__class__}%s%(x)s",
    "\u202etxet desrever\u202c\u2066\u200b\u200d\ufeff\u2069",
    "\x00\x07\x1b[31mred\x1b]0;owned\x07\x9b\u0085\u2028\u2029",
    f"&lt;script&gt;{_RUN}&lt;/script&gt; &#60;img src=x onerror={_RUN}&#62; %3Cscript%3E{_RUN}%3C/script%3E",
    "very " + "long" * 400,
)
#: each says by a word which it is
TEXTS = tuple(f"hostile{number} {text}" for number, text in enumerate(_ALL, start=1))
#: what a picture of a resource may be, and what runs or asks in it when it is more than a picture
PICTURES = (
    *(f"data:image/svg+xml;base64,{base64.b64encode(text.encode()).decode()}" for text in _DRAWN),
    *(f"{_ELSEWHERE}/seen.png", f"javascript:{_RUN}", f"data:text/html,<script>{_RUN}</script>", '"><script>'),
)
#: kinds other than tools and agents get some of the texts each, and the tools of the same numbers are saved twice
SOME = range(0, len(TEXTS), 5)
_PATIENCE_S = 30.0


@contextmanager
def hostile_workspace(home: Path) -> Iterator[Desk]:
    """Make the workspace of a server on which everything is hostile, saved twice so that it has a past."""
    with running_server(flavor="owui-0.12") as server:
        desk = make_desk(home, server.url, server.token)
        with make_client(server.url, server.token) as client:
            _fill(client)
            desk.cochat("pull")
            _change(client)
        desk.edit("plugins/tools/hostile_0.py", "TEXT =", "# here\nTEXT =")
        desk.cochat("pull", expected=3)
        desk.cochat("pull", "--kind", "base-model")
        _lay_pictures(desk)
        yield desk


def _fill(client: httpx.Client) -> None:
    group = read_json(client.post("/api/v1/groups/create", json={"name": TEXTS[15], "description": TEXTS[0]}))
    readers = [{"principal_type": "group", "principal_id": group["id"], "permission": "read"}]
    for number, text in enumerate(TEXTS):
        other = _other(number)
        _send(client, f"{TOOLS.path}/create", _tool(number, text, other, readers))
        _send(client, "/api/v1/models/create", _agent(number, text, other))
        if number in SOME:
            _add_others(client, number, text, other)


def _other(number: int) -> str:
    return TEXTS[(number + 17) % len(TEXTS)]


def _tool(number: int, text: str, other: str, readers: list[dict[str, str]]) -> dict[str, object]:
    return {
        "id": f"hostile_{number}",
        "name": text,
        "content": _source("Tools", text, other),
        "meta": {"description": other, "manifest": {"title": text, "author": other, "author_url": "javascript:1"}},
        "access_grants": readers,
    }


def _agent(number: int, text: str, other: str) -> dict[str, object]:
    return {
        # the id stands in addresses
        "id": "".join(text.split())[:200],
        "name": text,
        "base_model_id": other,
        "params": {"system": f"{text}\n\n{other}\n\n- {text}\n\n> {other}\n\n| {text} |\n|---|\n| {other} |"},
        "meta": {
            "description": other,
            "tags": [{"name": text}],
            "toolIds": [f"hostile_{number}", text],
            "suggestion_prompts": [{"title": [text, other], "content": text}],
        },
    }


def _add_others(client: httpx.Client, number: int, text: str, other: str) -> None:
    _send(
        client,
        f"{FUNCTIONS.path}/create",
        {
            "id": f"hostile_{number}",
            "name": text,
            "content": _source("Filter" if number % 2 else "Pipe", text, other, PICTURES[number % len(PICTURES)]),
            "meta": {"description": other},
        },
    )
    prompt = {"command": f"hostile-{number}", "name": text, "content": f"{text}\n\n{{{{{other}}}}}", "tags": [text]}
    _send(client, "/api/v1/prompts/create", prompt)
    skill = {"id": f"hostile-{number}", "name": text, "description": other, "content": f"{text}\n\n{other}"}
    _send(client, "/api/v1/skills/create", skill)
    data = {"prompt": text, "model_id": text, "rrule": "FREQ=DAILY;BYHOUR=9;BYMINUTE=0"}
    _send(client, "/api/v1/automations/create", {"name": other, "data": data})
    base = read_json(client.post("/api/v1/knowledge/create", json={"name": text, "description": other}))
    for name in (f"{text}.md", f"{number}.html", f"{number}.svg"):
        part = {"file": (name, f"{_PICTURE}\n{text}\n\n{other}".encode(), "text/plain")}
        sent = client.post("/api/v1/files/", files=part, params={"process_in_background": "false"})
        if sent.is_success:
            client.post(f"/api/v1/knowledge/{base['id']}/file/add", json={"file_id": sent.json()["id"]})


def _source(class_name: str, text: str, other: str, picture: str = "") -> str:
    title = " ".join(text.split()).replace('"', "'").replace("\\", "/").replace("\x00", "")
    lines = (
        f'"""\ntitle: {title}\nauthor: {title}\nauthor_url: javascript:{_RUN}\nicon_url: {picture}\n"""',
        f"TEXT = {text!r}",
        f"class {class_name}:",
        f"    def pipes(self):\n        return [{{'id': 'one', 'name': {text!r}}}]",
        f"    def inlet(self, body: dict) -> dict:\n        {other!r}\n        return body",
        f"    def run(self, one: str) -> str:\n        {text!r}\n        return {other!r}",
    )
    return "\n\n".join(lines) + "\n"


def _change(client: httpx.Client) -> None:
    for number in SOME:
        form = _tool(number, _other(number), TEXTS[number], [])
        _send(client, f"{TOOLS.path}/id/hostile_{number}/update", form)


def _lay_pictures(desk: Desk) -> None:
    """Write into files what Open WebUI 0.12 does not take as a picture, and older servers do."""
    for place, picture in zip(sorted(desk.path("agents").iterdir()), PICTURES, strict=False):
        desk.edit(f"agents/{place.name}", "---\n", f"---\nimage: {json.dumps(picture)}\n")


def _send(client: httpx.Client, path: str, form: dict[str, object]) -> None:
    read_json(client.post(path, json=form))
