class Filter:
    toggle = False
    icon = "data:image/svg+xml;base64,AAA"
