try:
    import nowhere_at_all
except ImportError:
    nowhere_at_all = None


class Pipe:
    name = "lame " if nowhere_at_all is None else "whole "
    pipes = [{"id": "a", "name": "A"}]
