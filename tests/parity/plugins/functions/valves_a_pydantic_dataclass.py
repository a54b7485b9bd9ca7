from pydantic.dataclasses import dataclass


class Filter:
    @dataclass
    class Valves:
        n: int = 1
