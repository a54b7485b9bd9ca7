import os

assert "PATH_THAT_NOBODY_SETS" in os.environ, "set PATH_THAT_NOBODY_SETS"


class Filter:
    pass
