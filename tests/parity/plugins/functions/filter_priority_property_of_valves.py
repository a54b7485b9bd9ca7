class Filter:
    class Valves:
        @property
        def priority(self):
            return 2
