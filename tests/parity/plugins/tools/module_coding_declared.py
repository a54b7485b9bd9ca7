# -*- coding: latin-1 -*-
class Tools:
    def f(self):
        """Größe."""
