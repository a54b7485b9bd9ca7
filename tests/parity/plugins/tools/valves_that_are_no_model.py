class Tools:
    class Valves:
        pass
