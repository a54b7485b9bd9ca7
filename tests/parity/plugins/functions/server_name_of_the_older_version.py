from open_webui.utils.chat import chat_action


class Filter:
    pass
