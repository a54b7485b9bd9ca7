from dataclasses import dataclass, field


@dataclass
class Tools:
    seen: list[str] = field(default_factory=list)

    def f(self, a: int):
        """Do it."""
