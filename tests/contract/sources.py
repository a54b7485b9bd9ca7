"""Plugin sources the suite sends; none has `requirements`, which would make a real 0.6 server run pip."""

TOOL = '''class Tools:
    def say(self):
        """Say it."""
        return "it"
'''

FILTER = """class Filter:
    def inlet(self, body):
        return body
"""

TOGGLE_FILTER = """class Filter:
    def __init__(self):
        self.toggle = True

    def inlet(self, body):
        return body
"""

PIPE = """class Pipe:
    def pipe(self, body):
        return "piped"
"""

ACTION = """class Action:
    def action(self, body):
        return None
"""

EVENT = """class Event:
    async def event(self, event):
        return None
"""


def with_frontmatter(source: str, *lines: str) -> str:
    """Put a frontmatter of these lines before the source."""
    return "\n".join(['"""', *lines, '"""', source])


def with_valves(source: str) -> str:
    """Give the plugin class valves, and user valves with the one field `lang`."""
    head, _, body = source.partition("\n")
    return f"""from pydantic import BaseModel, Field


{head}
    class Valves(BaseModel):
        api_key: str = Field(default="", description="the key")
        count: int = 3

    class UserValves(BaseModel):
        lang: str = "en"

    def __init__(self):
        self.valves = self.Valves()

{body}"""
