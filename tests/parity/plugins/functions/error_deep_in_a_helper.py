def helper(number):
    return 10 / number


class Filter:
    def __init__(self):
        self.ratio = self.compute()

    def compute(self):
        return helper(0)
