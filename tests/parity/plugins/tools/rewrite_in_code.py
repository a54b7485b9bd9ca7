from utils.misc import get_last_user_message


class Tools:
    def f(self, text: str):
        """Say where the import came from."""
        return get_last_user_message.__module__
