class Tools:
    def grüße(self, größe: int):
        """Grüße.
        :param größe: wie groß
        """
