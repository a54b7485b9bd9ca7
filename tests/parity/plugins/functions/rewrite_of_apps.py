from apps.webui.models.users import Users


class Filter:
    pass
