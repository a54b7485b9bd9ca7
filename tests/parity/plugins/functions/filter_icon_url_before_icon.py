class Filter:
    toggle = True
    icon_url = "https://example.com/url.svg"
    icon = "https://example.com/icon.svg"
