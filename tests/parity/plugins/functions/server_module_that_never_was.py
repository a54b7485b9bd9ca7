import open_webui.utils.magic


class Filter:
    pass
