from threading import Event


class Nothing:
    pass
