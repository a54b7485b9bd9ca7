class Filter:
    toggle = "no"
