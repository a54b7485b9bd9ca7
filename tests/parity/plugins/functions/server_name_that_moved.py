from open_webui.utils.access_control import get_permitted_group_and_user_ids


class Filter:
    pass
