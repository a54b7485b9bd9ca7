from typing import Optional


class Tools:
    def run(self, a: Optional[int] = 7):
        return repr(a)
