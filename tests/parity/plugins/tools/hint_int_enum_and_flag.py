import enum


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Mood(str, enum.Enum):
    GOOD = "good"
    BAD = "bad"


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class Tools:
    def f(self, a: Level = Level.LOW, b: Mood = Mood.GOOD, c: Rights = Rights.READ): ...
