import sys

if sys.version_info >= (3, 8):

    class Tools:
        def f(self): ...
