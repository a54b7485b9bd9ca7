class Tools:
    file_handler = True
    citation = True

    def text(self) -> str:
        """Give text."""

    def nothing(self) -> None:
        """Give nothing."""

    async def numbers(self) -> list[int]:
        """Give numbers."""
