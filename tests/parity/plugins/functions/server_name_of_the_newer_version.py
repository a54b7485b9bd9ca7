from open_webui.models.skills import Skills


class Filter:
    pass
