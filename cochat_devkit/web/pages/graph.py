"""The graph of who uses whom: of everything, by kind where that is much, and around one resource."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from cochat_devkit.operations.relations import Standing
from cochat_devkit.web.drawing import HEIGHT, WIDTH, Dot, columns_of, draw
from cochat_devkit.web.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.operations.deps import Graph
    from cochat_devkit.operations.deps import Link as Step
    from cochat_devkit.operations.relations import Node
    from cochat_devkit.web.drawing import Drawing
    from cochat_devkit.web.page import Asked, Params

#: more than so many are drawn by their kinds
_MOST_DRAWN = 60
_MOST_BESIDE = 24
_MOST_LISTED = 100
_MOST_TOP = 20
_DEPTH = 2
#: of these there is a page
_HAS_PAGE = (Standing.THERE, Standing.ONLY_HERE)
_COMMON = {"has_page": _HAS_PAGE, "box_width": WIDTH, "box_height": HEIGHT}


def _make_whole(catalogue: Catalogue, _asked: Asked) -> dict[str, Any]:
    graph = catalogue.graph()
    is_by_kind = len(graph.nodes) > _MOST_DRAWN
    by_type: dict[str, list[Node]] = {}
    for node in graph.nodes:
        by_type.setdefault(node.type, []).append(node)
    users = Counter(edge.used for edge in graph.edges)
    nodes = {each.ref: each for each in graph.nodes}
    return {
        "graph": graph,
        "is_by_kind": is_by_kind,
        "drawing": _draw_kinds(graph) if is_by_kind else _draw_all(graph),
        "by_type": {type_: found[:_MOST_LISTED] for type_, found in sorted(by_type.items())},
        "counts_of": {type_: len(found) for type_, found in by_type.items()},
        "users": users,
        "top": [(nodes[ref], count) for ref, count in users.most_common(_MOST_TOP)],
        "missing": [each for each in graph.nodes if each.standing is Standing.MISSING][:_MOST_LISTED],
        **_COMMON,
    }


def _draw_all(graph: Graph) -> Drawing:
    ties = [(edge.user, edge.used) for edge in graph.edges]
    columns = columns_of((each.ref for each in graph.nodes), ties)
    return draw(map(_dot, graph.nodes), ties, columns)


def _draw_kinds(graph: Graph) -> Drawing:
    """Draw each kind as one box: how many of it there are, and which kinds use which."""
    types = {each.ref: each.type for each in graph.nodes}
    counts = Counter(types.values())
    ties = [*dict.fromkeys((types[edge.user], types[edge.used]) for edge in graph.edges)]
    ties = [tie for tie in ties if tie[0] != tie[1]]
    dots = [Dot(type_, str(count), type_, "kind") for type_, count in counts.items()]
    return draw(dots, ties, columns_of(counts, ties))


def _make_one(catalogue: Catalogue, asked: Asked) -> dict[str, Any]:
    found = catalogue.relations_of(asked.params["ref"], depth=_DEPTH)
    nodes, ties, columns = {found.node.ref: found.node}, dict[tuple[str, str], None](), {found.node.ref: 0}

    def walk(steps: Sequence[Step], beside: str, column: int, side: int) -> None:
        for step in steps[:_MOST_BESIDE]:
            ref = step.node.ref
            nodes.setdefault(ref, step.node)
            columns.setdefault(ref, column)
            ties[(beside, ref) if side > 0 else (ref, beside)] = None
            walk(step.further, ref, column + side, side)

    walk(found.uses, found.node.ref, 1, 1)
    walk(found.used_by, found.node.ref, -1, -1)
    return {
        "found": found,
        "drawing": draw(map(_dot, nodes.values()), [*ties], columns),
        **_COMMON,
        "left_out": sum(max(0, len(each) - _MOST_BESIDE) for each in (found.uses, found.used_by)),
    }


def _dot(node: Node) -> Dot:
    return Dot(node.ref, node.title or node.ref, node.type, str(node.standing))


def _every_one(catalogue: Catalogue) -> Iterator[Params]:
    return ({"ref": each.ref} for each in catalogue.graph().nodes if each.standing in _HAS_PAGE)


PAGES = (
    Page("graph", "graph.html", "graph.html", _make_whole, menu="Who uses whom"),
    Page("graph-of", "r/{type}/{stem}/graph.html", "graph_of.html", _make_one, _every_one),
)
