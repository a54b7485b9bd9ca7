from open_webui.utils.misc import get_last_user_message


class Tools:
    """From open_webui.utils, and from Utils."""

    def f(self): ...
