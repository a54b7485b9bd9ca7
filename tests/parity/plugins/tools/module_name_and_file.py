import sys

assert __name__.startswith("tool_")
assert sys.modules[__name__]
assert open(__file__).read().startswith("import sys")


class Tools: ...
