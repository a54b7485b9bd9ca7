class Tools:
    def f(self, a: int):
        """	D.
    		x
    	:param a:	one
    	"""
