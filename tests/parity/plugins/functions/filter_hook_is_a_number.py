class Filter:
    inlet = 3
