"""Names that a hostile or careless server may use: none leaves the workspace, and each leads back to itself."""

from __future__ import annotations

import contextlib
import random
import tempfile
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from cochat_devkit.kinds import all_kinds
from cochat_devkit.operations.serve import running_server
from cochat_devkit.workspace.files import inside
from cochat_devkit.workspace.paths import file_stem, name_of_stem, name_of_tree_path, tree_paths
from cochat_devkit.workspace.tree import read_tree
from tests.chaos.result import Result
from tests.chaos.sorts import TOOL
from tests.chaos.stage import read_bases
from tests.desk import Desk, make_desk
from tests.server.fakes import FakeLoader
from tests.workspace.test_paths import CHOSEN as SHORT_LIST

if TYPE_CHECKING:
    from cochat_devkit.operations.serve import RunningServer

WHAT = "hostile names: generated, and the chosen ones; a share of them by the whole road"
BAR = 10_000
SHORT = 10_000
SMALL = 300

_ON_ONE_ROAD = 250
_MORE = """
.cochat|.cochat/lock|../.cochat/lock|mirror.db|../mirror.db|cochat.toml|../../cochat.toml|.gitignore|.env|.venv
..%2f..%2fetc%2fpasswd|%2e%2e/x|..;/x|....//x|..\\..\\x|.\\x|./x|x/.|x/..|x/../../y|/../x|//server/share|file:///etc/passwd
\\\\?\\C:\\x|\\\\.\\pipe\\x|C:/x|c:\\windows\\win.ini|NUL|nul.py|CON.py|aux.|prn |com0|lpt0
CLOCK$|conout$|desktop.ini|Thumbs.db
__main__|__init__.py|conftest.py|test_.py|setup.py|pyproject.toml|sitecustomize|usercustomize|import os
a;rm -rf x|$(id)|`id`
&& id|| id|> x|< x|*|?|[a-z]|{a,b}|~/x|~root/.ssh/id|-|--|-o|--help=x|@file|#x|!x|'x'|"x"|x'y|x"y|=1+1|+1|@SUM(A1)
<script>|&amp;|%s|%n|%00|{0}|{{x}}|${x}|#{x}|\\n|\\x00|null|None|true|0|-1|1e9|NaN|undefined|[object Object]
kind/../tool|tool/x|function/x|filter/*|tool/*|a,b|a=b|a&b|a#b|a?b=c|a%20b|a+b|a@b|a:b:c|a::b|:|::|a|A|b|B
ａ|Ⅷ|ﷺ|ŉ|ǰ|ΐ|ᾳ|ǆ|Ǆ|ǅ|ꭰ|Ꭰ|ꮿ|Ɐ|ⱥ|Ⴀ|ა|Ა|µ|μ|Ω|Ω|ϴ|θ|ϑ|ϐ|β|ẛ|ṡ|ꜳ
README.md|readme.md|Readme.md|%52eadme.md|%-readme.md|%~é.txt|é.txt|é.txt|É.txt|Docs/a|docs/a|docs/A|ﬁ.txt|fi.txt
""".replace("\n", "|")
#: a list of its own, so that nobody counts generated names among them
CHOSEN = list(dict.fromkeys([*SHORT_LIST, *(each for each in _MORE.split("|") if each)]))
_PIECES = [
    *(
        "..",
        "/",
        "\\",
        ".",
        "%",
        "~",
        ":",
        "*",
        " ",
        "\t",
        "\n",
        "\0",
        "con",
        "nul",
        "aux",
        "A",
        "a",
        "é",
        "e\u0301",
        "ß",
        "ẞ",
    ),
    *(
        "ﬁ",
        "İ",
        "ı",
        "\u0307",
        "한",
        "\u1161",
        "\u11a8",
        "が",
        "か\u3099",
        "💥",
        "\u202e",
        "\u200b",
        "x" * 60,
        "あ" * 30,
        "__",
        "-",
    ),
    *("%2F", "%41", ".py", ".yaml", "conftest", "\ud800", "\udcff", "𠀀", "Σ", "ς", "σ", "1", "_"),
]


def run(count: int, seed: int) -> Result:
    """Try `count` generated names and the chosen ones as paths; then a share of them by the whole road."""
    result, chance = Result(seed), random.Random(seed)
    made = {"".join(chance.choices(_PIECES, k=chance.randint(1, 9))) for _ in range(count)}
    while len(made) < count:
        made.add("".join(chance.choices(_PIECES, k=chance.randint(1, 9))) + chr(chance.randrange(0x20, 0xD7FF)))
    names = [*CHOSEN, *sorted(made - set(CHOSEN))]
    with tempfile.TemporaryDirectory(prefix="chaos-names-") as folder:
        _check_paths(result, Path(folder), names)
    _check_tree(result, names)
    is_small = count <= SMALL
    road = chance.sample(CHOSEN, 40) if is_small else CHOSEN
    road = road + chance.sample(sorted(made), 20 if is_small else _ON_ONE_ROAD)
    for flavor in ("owui-0.12", "owui-0.6") if not is_small else ("owui-0.12",):
        with tempfile.TemporaryDirectory(prefix="chaos-names-") as folder:
            _check_road(result, Path(folder), flavor, [name for name in dict.fromkeys(road) if _is_text(name)])
    result.ran = len(made)
    result.facts.append(f"{len(CHOSEN)} chosen, {len(road)} by the whole road")
    return result


def _check_paths(result: Result, root: Path, names: list[str]) -> None:
    (root / TOOL.folder).mkdir(parents=True)
    folded: dict[str, str] = {}
    for name in names:
        stem = file_stem(name)
        relative = f"{TOOL.folder}/{stem}.py"
        real = inside(root, relative).resolve()
        result.check(real.parent == (root / TOOL.folder).resolve(), f"{name!r} leads to {real}")
        result.check(len(f"{stem}.yaml".encode()) < 200, f"{name!r} is too long a file")
        back = name_of_stem(stem)
        result.check(back == name or (back is None and "%~" in stem), f"{name!r} reads back as {back!r}")
        seen = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", stem).casefold())
        other = folded.setdefault(seen, name)
        result.check(other == name, f"{name!r} and {other!r} are one file where case or Unicode is folded")


def _check_tree(result: Result, names: list[str]) -> None:
    """Lay the names side by side as further files of one resource: each leads back, and none is another's file."""
    folded: dict[str, str] = {}
    for name, path in tree_paths(names).items():
        back = name_of_tree_path(path)
        result.check(back == name, f"{name!r} as a further file reads back as {back!r}")
        segments = path.split("/")
        result.check({"", ".", ".."}.isdisjoint(segments), f"{name!r} as a further file leads to {path!r}")
        for depth in range(1, len(segments) + 1):
            place = "/".join(segments[:depth])
            forms = (unicodedata.normalize("NFKC", each).casefold() for each in segments[:depth])
            # a sign that comes apart into others with a slash parts no folders
            seen = "\0".join(unicodedata.normalize("NFKC", each) for each in forms)
            other = folded.setdefault(seen, place)
            result.check(other == place, f"{place!r} and {other!r} are one file where case or Unicode is folded")


def _check_road(result: Result, folder: Path, flavor: str, names: list[str]) -> None:
    """Pull the names, read them back, forget the mirror, pull again, edit, push: the server has the same ids."""
    with running_server(flavor=flavor, loader=FakeLoader()) as server:
        _plant(server, names)
        desk = make_desk(folder / "desk", server.url, server.token)
        sentinel = _everything(folder)
        try:
            _travel(result, flavor, desk, server, set(names))
        except AssertionError as error:
            result.fail(f"{flavor}: {str(error)[:600]}")
        outside = {path for path in _everything(folder) - sentinel if not path.startswith("desk/")}
        result.check(outside == set(), f"{flavor}: files outside of the workspace: {outside}")


def _travel(result: Result, flavor: str, desk: Desk, server: RunningServer, names: set[str]) -> None:
    pulled = desk.json("pull", expected=None)
    assert pulled.exit_code in (0, 1), pulled.err[-400:] + pulled.out[-400:]
    refused = {each["ref"].partition("/")[2] for each in pulled.json["items"] if not each["ok"]}
    result.check(refused == set(), f"{flavor}: no file could be made of {sorted(refused)[:5]}")
    kinds = [kind for kind in all_kinds() if kind.name == TOOL.kind]
    found = {str(key.slug) for key in read_tree(desk.folder, kinds).found}
    result.check(found == names, f"{flavor}: other names came back: {sorted(found ^ names)[:5]}")
    files = desk.files()
    again = desk.json("pull", expected=None)
    result.check(again.actions == {} and desk.files() == files, f"{flavor}: a second pull did {again.out[:300]}")
    desk.path("mirror.db").unlink()
    for beside in ("mirror.db-wal", "mirror.db-shm"):
        desk.path(beside).unlink(missing_ok=True)
    desk.path("cochat.lock").unlink(missing_ok=True)
    adopted = set(desk.json("pull", expected=None).actions.values())
    result.check(adopted <= {"adopt"}, f"{flavor}: without a mirror, a pull did {adopted}")
    for path in desk.path(TOOL.folder).glob("*.py"):
        path.write_text(path.read_text(encoding="utf-8") + "# edited here\n", encoding="utf-8")
    pushed = desk.json("push", "--no-verify", expected=None)
    assert pushed.exit_code in (0, 1, 4), pushed.err[-400:] + pushed.out[-400:]
    items = {str(item.wire["id"]): item.wire for item in server.collections[TOOL.kind]._items.all()}
    result.check(set(items) == names, f"{flavor}: the server has other ids: {sorted(set(items) ^ names)[:5]}")
    failed = {each["ref"].partition("/")[2] for each in pushed.json["items"] if not each["ok"]}
    for name, wire in items.items():
        result.check(
            ("# edited here" in wire["content"]) == (name not in failed), f"{flavor}: {name!r}: not as it says"
        )
    agreed = {slug for _kind, slug in read_bases(desk, server.url)}
    result.check(agreed == names, f"{flavor}: the mirror agreed on other names: {sorted(agreed ^ names)[:5]}")
    result.facts.append(f"{flavor}: {len(names) - len(failed)} of {len(names)} can be written to")


def _plant(server: RunningServer, names: list[str]) -> None:
    """Put resources under these names where no honest server would."""
    import httpx

    collection = server.collections[TOOL.kind]
    form = {"id": "seed", "name": "seed", "content": TOOL.text("seed"), "meta": {"description": ""}}
    headers = {"authorization": f"Bearer {server.token}"}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False) as client:
        client.post("/api/v1/tools/create", json=form).raise_for_status()
    seed = collection._items.get("seed")
    assert seed
    with server.context.store.writing():
        collection._items.remove("seed")
        for name in names:
            collection._items.put(name, seed.changed(id=name, name=f"Named {name}"))


def _is_text(name: str) -> bool:
    """Tell whether a server can say it: half a character cannot be sent, and no name at all fails the whole listing."""
    with contextlib.suppress(UnicodeEncodeError):
        return bool(name.encode())
    return False


def _everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
