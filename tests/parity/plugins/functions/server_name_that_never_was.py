from open_webui.utils.misc import get_last_user_massage


class Filter:
    pass
