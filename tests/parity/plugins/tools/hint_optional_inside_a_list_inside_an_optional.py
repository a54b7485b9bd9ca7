from typing import Dict, List, Optional


class Tools:
    def f(self, a: Optional[List[Optional[Dict[str, Optional[int]]]]] = None): ...
