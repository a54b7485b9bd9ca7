import sys

print("hello")
print("to the other", file=sys.stderr)


class Tools:
    def __init__(self):
        print("again")
