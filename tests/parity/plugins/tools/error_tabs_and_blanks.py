class Tools:
    def f(self):
        a = 1
	return a
