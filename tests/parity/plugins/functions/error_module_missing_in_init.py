class Pipe:
    def __init__(self):
        import nowhere_at_all
