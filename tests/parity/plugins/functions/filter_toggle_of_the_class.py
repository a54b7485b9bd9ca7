class Filter:
    toggle = True
