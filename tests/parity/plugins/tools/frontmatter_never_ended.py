"""
title: Nobody reads this

class Tools:
    pass
