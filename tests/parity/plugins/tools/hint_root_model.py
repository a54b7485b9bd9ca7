from pydantic import RootModel


class Names(RootModel[list[str]]):
    """A list of names."""


class Tools:
    def f(self, a: Names):
        """Do it.

        :param a: the names
        """
