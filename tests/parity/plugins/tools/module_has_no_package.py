assert __package__ is None
assert __spec__ is None
assert __doc__ is None


class Tools:
    pass
