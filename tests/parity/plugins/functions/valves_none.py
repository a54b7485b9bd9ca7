class Filter:
    Valves = None
    UserValves = None
