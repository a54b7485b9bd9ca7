class Filter:
    pass
