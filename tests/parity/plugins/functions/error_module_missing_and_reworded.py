try:
    import nowhere_at_all
except ImportError as error:
    raise RuntimeError("pip install nowhere-at-all") from error


class Pipe:
    pass
