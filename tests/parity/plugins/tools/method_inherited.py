class Base:
    def inherited(self, n: int):
        """Inherited from a base class."""

    def overridden(self, n: int):
        """Not this one."""


class Tools(Base):
    def overridden(self, n: str):
        """This one."""
