class filter:
    pass
