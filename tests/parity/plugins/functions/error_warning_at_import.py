import warnings

warnings.warn("old", DeprecationWarning)
PATTERN = "\d+"


class Filter:
    pass
