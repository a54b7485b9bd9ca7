"""The mutants themselves: each is one small fault, and nothing that says no more than before."""

from __future__ import annotations

import pytest

from tests.mutation.__main__ import MODULES, REPOSITORY
from tests.mutation.mutants import make_mutants


def mutated(source: str) -> set[str]:
    return {each.source for each in make_mutants(source)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = b < c", {"a = b <= c"}),
        ("a = b and c", {"a = b or c"}),
        ("a = not b", {"a = b"}),
        ("a = b + 1", {"a = b - 1", "a = b + 2"}),
        ("a = 'b'", {"a = '!b'"}),
        ("a = b if c else d", {"a = d if c else b"}),
        ("a = max(b, c)", {"a = min(b, c)"}),
        ("a = b[c:]", {"a = b[:]"}),
        ("a = [b for b in c if d]", {"a = [b for b in c]"}),
        ("f(a)", {"pass"}),
        ("def f():\n    return a", {"def f():\n    return None"}),
        ("if a:\n    b = c", {"if True:\n    b = c", "if False:\n    b = c"}),
        ("raise Wrong('what people read')", {"pass"}),
        ('"""What it is."""', set()),
        ("def f(a: 'int') -> 'str':\n    pass", set()),
    ],
)
def test_a_mutant_is_one_small_fault(source, expected):
    """Each place is spoilt alone, in each way that is a likely mistake; docstrings and types are none."""
    assert mutated(source) == expected


@pytest.mark.parametrize("name", list(MODULES))
def test_what_counts_as_equivalent_is_still_there(name):
    """An excuse ends with the line that it was made for."""
    module = MODULES[name]
    source = (REPOSITORY / module.path).read_text()
    lines = source.splitlines()
    found = {(lines[each.line - 1].strip(), each.what) for each in make_mutants(source)}
    assert set(module.equivalent) <= found
    assert all((REPOSITORY / each).is_file() for each in module.tests)
