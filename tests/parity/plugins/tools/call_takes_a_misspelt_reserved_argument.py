class Tools:
    def run(self, __event_emmiter__):
        return "never"
