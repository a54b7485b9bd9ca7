from typing import Optional


class Tools:
    def run(self, a: Optional[str] = None):
        return repr(a)
