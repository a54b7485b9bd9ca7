class Tools:
    def f(self, a: int):
        """Note: this is prose.
        :note: and this, too
        :param a: the a
        :example: f(1)
        :parameters are not this
        """
