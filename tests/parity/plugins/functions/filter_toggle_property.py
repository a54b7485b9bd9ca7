class Filter:
    @property
    def toggle(self):
        return True

    @property
    def icon_url(self):
        return "https://example.com/icon.svg"
