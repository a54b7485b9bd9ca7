class Filter:
    pass


return Filter
