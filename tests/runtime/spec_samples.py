"""Methods of every sort that tools have, each to become a tool of its own; the real server and we must agree on all."""

PREAMBLE = '''"""
title: Sample
"""
import datetime
import enum
import functools
import typing
import uuid
from dataclasses import dataclass
from typing import *
from typing_extensions import TypedDict
from pydantic import BaseModel, Field, SecretStr, conint


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Leaf(BaseModel):
    """A leaf of a tree."""

    a: int = Field(1, description="the a")
    b: Optional[str] = None
    title: str = "named title"


class Tree(BaseModel):
    leaf: Leaf
    leaves: list[Leaf] = []
    colour: Colour = Colour.RED


class Node(BaseModel):
    value: int
    next: Optional["Node"] = None


class Titled(BaseModel):
    model_config = {"title": "A title of its own", "extra": "forbid"}
    properties: dict = {"title": "kept or not"}


class Typed(TypedDict):
    name: str
    size: int


@dataclass
class Point:
    x: int
    y: float = 0.5


class Plain:
    pass


def wrapped(function):
    @functools.wraps(function)
    async def inner(*args, **kwargs):
        return await function(*args, **kwargs)
    return inner


def unwrapped(function):
    async def inner(*args, **kwargs):
        return await function(*args, **kwargs)
    return inner


class Base:
    def inherited(self, n: int):
        """Inherited from a base class."""

'''

#: by name: the text inside `class Tools(Base):`, indented by nothing
BODIES: dict[str, str] = {
    "no_parameters": "def f(self):\n    pass",
    "no_docstring": "def f(self, a: int):\n    pass",
    "plain_docstring": 'def f(self, a: int):\n    """Do it."""',
    "async_method": 'async def f(self, a: int):\n    """Do it."""',
    "generator": 'async def f(self, a: int):\n    """Do it."""\n    yield a',
    "string": "def f(self, a: str): ...",
    "float_default": "def f(self, a: float = 2): ...",
    "float_default_exact": "def f(self, a: float = 2.0): ...",
    "bool_default": "def f(self, a: bool = False): ...",
    "none_default": "def f(self, a: str = None): ...",
    "optional": "def f(self, a: Optional[str]): ...",
    "optional_none": 'def f(self, a: Optional[str] = None):\n    """D.\n\n    :param a: the a\n    """',
    "optional_default": "def f(self, a: Optional[int] = 3): ...",
    "pipe_union_none": "def f(self, a: int | None = None): ...",
    "union": "def f(self, a: Union[int, str]): ...",
    "union_none": "def f(self, a: Union[int, str, None] = None): ...",
    "union_of_lists": "def f(self, a: Union[List[int], Dict[str, Any], None] = None): ...",
    "none_only": "def f(self, a: None = None): ...",
    "any_typed": "def f(self, a: Any): ...",
    "untyped": "def f(self, a, b=1, c=None): ...",
    "list_bare": "def f(self, a: list): ...",
    "list_old": "def f(self, a: List): ...",
    "list_str": "def f(self, a: list[str] = []): ...",
    "list_any": "def f(self, a: List[Any] = None): ...",
    "list_optional": "def f(self, a: list[Optional[int]]): ...",
    "list_of_lists": "def f(self, a: list[list[float]]): ...",
    "list_union": "def f(self, a: list[int | str]): ...",
    "dict_bare": "def f(self, a: dict = {}): ...",
    "dict_typed": "def f(self, a: dict[str, int] | None = None): ...",
    "dict_default_title": "def f(self, a: dict = {'title': 'x', 'deep': {'title': {'title': 1}}}): ...",
    "dict_of_models": "def f(self, a: Dict[str, Leaf]): ...",
    "tuple_typed": "def f(self, a: tuple[int, str]): ...",
    "tuple_open": "def f(self, a: tuple[int, ...] = ()): ...",
    "set_typed": "def f(self, a: set[str]): ...",
    "sequence": "def f(self, a: Sequence[str], b: Mapping[str, int] = {}): ...",
    "iterable": "def f(self, a: Iterable[int]): ...",
    "literal": 'def f(self, a: Literal["x", "y"] = "x"): ...',
    "literal_one": 'def f(self, a: Literal["x"]): ...',
    "literal_mixed": 'def f(self, a: Literal["x", 1, None] = None): ...',
    "literal_optional": 'def f(self, a: Optional[Literal["x", "y"]] = None): ...',
    "enum_typed": 'def f(self, a: Colour, b: Colour = Colour.BLUE):\n    """D.\n    :param a: the colour\n    """',
    "enum_optional": 'def f(self, a: Optional[Colour] = None):\n    """D.\n    :param a: the colour\n    """',
    "model": 'def f(self, a: Leaf):\n    """D.\n    :param a: a leaf\n    """',
    "model_undescribed": "def f(self, a: Leaf): ...",
    "model_default": "def f(self, a: Leaf = Leaf()): ...",
    "model_optional": 'def f(self, a: Optional[Leaf] = None):\n    """D.\n    :param a: overridden?\n    """',
    "model_nested": "def f(self, a: Tree, b: list[Tree]): ...",
    "model_recursive": "def f(self, a: Node): ...",
    "model_titled": "def f(self, a: Titled): ...",
    "model_union": "def f(self, a: Leaf | Titled): ...",
    "typed_dict": "def f(self, a: Typed, b: list[Typed] = []): ...",
    "dataclass": "def f(self, a: Point): ...",
    "datetime": "def f(self, a: datetime.datetime, b: datetime.date = None, c: uuid.UUID = None): ...",
    "bytes": "def f(self, a: bytes, b: SecretStr = None): ...",
    "annotated": 'def f(self, a: Annotated[int, Field(ge=1, description="inner")] = 3): ...',
    "annotated_string": 'def f(self, a: Annotated[str, "a note"]): ...',
    "field_default": 'def f(self, a: int = Field(3, description="from field", ge=0), b: str = Field(...)): ...',
    "field_and_param": 'def f(self, a: int = Field(3, description="field")):\n    """D.\n    :param a: doc\n    """',
    "constrained": "def f(self, a: conint(ge=1, le=5)): ...",
    "new_type": "def f(self, a: NewType('Id', str)): ...",
    "type_variable": "def f(self, a: TypeVar('T')): ...",
    "string_annotation": "def f(self, a: 'Optional[int]' = None, b: 'Leaf' = None): ...",
    "unresolvable": "def f(self, a: 'Undefined'): ...",
    "unresolvable_reserved": "def f(self, a: int, __request__: 'Request' = None): ...",
    "arbitrary_class": "def f(self, a: Plain): ...",
    "arbitrary_reserved": "def f(self, a: int, __plain__: Plain = None, _also: Plain = None): ...",
    "callable_typed": "def f(self, a: Callable[[int], str]): ...",
    "callable_default": "def f(self, a: Any = print): ...",
    "reserved": "def f(self, a: int, __user__: dict = {}, __event_emitter__: Callable = None): ...",
    "underscore_parameter": "def f(self, a: int, _b: int, _c=2): ...",
    "stars": "def f(self, *args, **kwargs): ...",
    "stars_typed": "def f(self, *args: int, **kwargs: str): ...",
    "keyword_only": "def f(self, a: int, /, b: int, *, c: int = 3): ...",
    "static": 'class Hidden: pass\n@staticmethod\ndef f(a: int):\n    """Static."""',
    "class_method": '@classmethod\ndef f(cls, a: int):\n    """Class."""',
    "property_value": "@property\ndef f(self): return 3",
    "property_callable": "@property\ndef f(self): return len",
    "property_raises": "@property\ndef f(self): raise RuntimeError('no')",
    "lambda_attribute": "def __init__(self): self.fmt = lambda x, y=1: x",
    "builtin_attribute": "helper = len",
    "partial_attribute": "def __init__(self): self.p = functools.partial(int, base=2)",
    "instance_attribute": "def __init__(self): self.client = Leaf()",
    "private": 'def _f(self, a: int):\n    """Private."""\ndef g(self): ...',
    "decorated": '@wrapped\nasync def f(self, a: int):\n    """Wrapped.\n    :param a: the a\n    """',
    "decorated_badly": '@unwrapped\nasync def f(self, a: int):\n    """Lost."""',
    "name_title": 'def f(self, title: str, name: str, description: str = "d"): ...',
    "name_properties": "def f(self, properties: dict, items: list, type: str, required: bool, default: int = 1): ...",
    "name_shadowing": "def f(self, json: str, copy: bool = False, schema: str = ''): ...",
    "name_model_config": "def f(self, model_config: dict): ...",
    "name_model_prefix": "def f(self, model_id: str, model_name: str = 'x'): ...",
    "name_unicode": 'def grüße(self, größe: int):\n    """Grüße.\n    :param größe: wie groß\n    """',
    "doc_multiline": 'def f(self, a: int):\n    """First.\n\n        Indented.\n    Last.\n\n  :param a: one\n    """',
    "doc_param_continued": (
        'def f(self, a: int, b: int, c: int):\n    """D.\n\n    :param a: one\n        and more\n\n    after blank\n'
        '    :return: x\n    not this\n    :param b:\n      below\n    :param int c: typed\n    """'
    ),
    "doc_param_repeated": 'def f(self, a: int):\n    """D.\n    :param a: one\n    :param a: two\n    """',
    "doc_param_reserved": 'def f(self, a: int, __user__: dict):\n    """:param __user__: who\n    x\n    :param a: y"""',  # noqa: E501
    "doc_param_spaced": 'def f(self, a: int):\n    """D.\n    :param  a: one\n    :param a : two\n    """',
    "doc_param_inline": 'def f(self, a: int):\n    """Use :param a: one\n    x:param a: two\n    """',
    "doc_returns": 'def f(self, a: int):\n    """D.\n    :returns: it\n    :param a: after\n    """',
    "doc_google": 'def f(self, a: int):\n    """D.\n\n    Args:\n        a: the a\n\n    Returns:\n        it\n    """',
    "doc_first_line_param": 'def f(self, a: int):\n    """:param a: only"""',
    "doc_crlf": 'def f(self, a: int):\n    """D.\\r\\n\\r\\n    :param a: one\\r\\n    more\\r\\n    """',
    "doc_tabs": 'def f(self, a: int):\n    """\tD.\n\t\tx\n\t:param a:\tone\n\t"""',
    "doc_form_feed": 'def f(self, a: int):\n    """D.\\x0c:param a: one\\x0bmore\n    :param a: two\\x85three\n    """',
    "doc_empty": 'def f(self, a: int):\n    """   """',
    "doc_bytes_default": "def f(self, a: bytes = b'x', b: set = {1}): ...",
    "default_infinite": "def f(self, a: float = float('inf')): ...",
    "default_not_valid": "def f(self, a: int = 'text'): ...",
    "default_object": "def f(self, a: Any = object()): ...",
    "default_mutable_model": "def f(self, a: list[Leaf] = [Leaf(a=5)]): ...",
    "many_methods": "def b(self): ...\ndef a(self): ...\nasync def C(self): ...\ndef _d(self): ...",
}

#: by name: (kind, whole source)
MODULES: dict[str, tuple[str, str]] = {
    "future_annotations": (
        "tool",
        '''"""
title: T
"""
from __future__ import annotations
from typing import Optional
from pydantic import BaseModel


class Tools:
    class Valves(BaseModel):
        n: Optional[int] = None

    class Late(BaseModel):
        x: Optional[Later] = None

    def f(self, a: int, b: Optional[str] = None): ...


class Later(BaseModel):
    y: int = 1
''',
    ),
    "deferred_model": (
        "tool",
        """from __future__ import annotations
from pydantic import BaseModel


class First(BaseModel):
    second: Second


class Second(BaseModel):
    n: int


class Tools:
    def f(self, a: First): ...
""",
    ),
    "filter": (
        "function",
        '''"""
title: F
version: 1.0
last: x"""
from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        priority: int = 0

    class UserValves(BaseModel):
        on: bool = True

    def __init__(self):
        self.valves = self.Valves()
        self.toggle = True

    def inlet(self, body):
        return body
''',
    ),
    "pipe_before_filter": (
        "function",
        "class Filter:\n    pass\nclass Pipe:\n    toggle = True\n    def pipe(self, body): ...\n",
    ),
    "imported_pipe": ("function", "from multiprocessing import Pipe\nclass Filter:\n    pass\n"),
    "action": ("function", "class Action:\n    def action(self, body): ...\n"),
    "event": ("function", "class Event:\n    async def event(self, event): ...\n"),
    "no_entry_class": ("function", "class filter:\n    pass\n"),
    "no_tools": ("tool", "class Tool:\n    pass\n"),
    "valves_no_model": ("tool", "class Tools:\n    class Valves:\n        pass\n"),
    "syntax_error": ("tool", "class Tools:\n    def f(self:\n        pass\n"),
    "await_outside": ("tool", "x = 1\nawait x\n"),
    "import_missing": ("tool", "import os\nfrom nowhere_at_all.inside import x\nclass Tools: ...\n"),
    "prose_rewritten": ("tool", '"""\ntitle: T\ndescription: from utils to from config\n"""\nclass Tools: ...\n'),
    "name_missing": ("function", "class Filter:\n    def __init__(self):\n        self.x = undefined\n"),
    "constructor_wants_more": ("function", "class Filter:\n    def __init__(self, x):\n        pass\n"),
    "runs_a_loop": (
        "tool",
        "import asyncio\nasync def f(): ...\nc = f()\ntry:\n    asyncio.run(c)\nfinally:\n    c.close()\n",
    ),
    "byte_order_mark": ("tool", "\ufeff\nclass Tools: ...\n"),
    "null_byte": ("tool", "x = '\0'\nclass Tools: ...\n"),
    "module_names": (
        "tool",
        """import sys

assert __name__.startswith("tool_")
assert sys.modules[__name__]
assert open(__file__).read().startswith("import sys")


class Tools: ...
""",
    ),
}
