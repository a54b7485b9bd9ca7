from typing import Any, Dict, List, Union


class Tools:
    def f(self, a: Union[List[int], Dict[str, Any], None] = None): ...
