class Filter:
    inlet = None
