def again(number):
    return again(number + 1)


class Filter:
    def __init__(self):
        again(0)
