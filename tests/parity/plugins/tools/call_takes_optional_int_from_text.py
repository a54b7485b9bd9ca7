from typing import Optional


class Tools:
    def run(self, a: Optional[int] = None):
        return repr(a)
